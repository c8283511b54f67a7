import type { Words } from './claims'

/** The most jobs that one thread holds. */
export const PLACES = 128

const WAKE = PLACES
const STARTS_AT = (PLACES + 8) * Int32Array.BYTES_PER_ELEMENT

/** The memory of one thread and its owner: a word and a time for each job, and a counter that wakes the thread. */
export class SharedWords implements Words {
  readonly #words: Int32Array
  readonly #starts: Float64Array

  constructor(readonly memory = new SharedArrayBuffer(STARTS_AT + PLACES * Float64Array.BYTES_PER_ELEMENT)) {
    this.#words = new Int32Array(memory, 0, PLACES + 1)
    this.#starts = new Float64Array(memory, STARTS_AT, PLACES)
  }

  load(place: number): number {
    return Atomics.load(this.#words, place)
  }

  store(place: number, value: number): void {
    Atomics.store(this.#words, place, value)
  }

  compareExchange(place: number, expected: number, next: number): number {
    return Atomics.compareExchange(this.#words, place, expected, next)
  }

  /** When the job at this place began. The thread writes it before it claims the job, so that whoever sees the claim can read it. */
  startOf(place: number): number {
    return this.#starts[place] ?? 0
  }

  setStart(place: number, at: number): void {
    this.#starts[place] = at
  }

  /** Tells the thread that there is something to read. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1)
    Atomics.notify(this.#words, WAKE)
  }

  /** How often it was woken. */
  get wakes(): number {
    return Atomics.load(this.#words, WAKE)
  }

  /** Waits until it is woken for another time than `seen`. Returns false if that has not happened in `ms`. */
  waitPast(seen: number, ms: number): boolean {
    return Atomics.wait(this.#words, WAKE, seen, ms) !== 'timed-out'
  }
}
