import type { Words } from './claims'

/** The most jobs that one thread holds. */
export const PLACES = 128

const STARTS_AT = PLACES * Int32Array.BYTES_PER_ELEMENT

/** The memory of one thread and its owner: a word and a time for each job, and how large the heap of the thread is. */
export class SharedWords implements Words {
  readonly #words: Int32Array
  readonly #starts: Float64Array

  constructor(readonly memory = new SharedArrayBuffer(STARTS_AT + (PLACES + 1) * Float64Array.BYTES_PER_ELEMENT)) {
    this.#words = new Int32Array(memory, 0, PLACES)
    this.#starts = new Float64Array(memory, STARTS_AT, PLACES + 1)
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

  get heapBytes(): number {
    return this.#starts[PLACES] ?? 0
  }

  set heapBytes(bytes: number) {
    this.#starts[PLACES] = bytes
  }

  setStart(place: number, at: number): void {
    this.#starts[place] = at
  }
}
