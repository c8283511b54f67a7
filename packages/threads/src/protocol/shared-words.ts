import type { Words } from './claims'

/** The most jobs that one thread holds. */
export const PLACES = 128

/** How many posts of the thread its owner has read, modulo 2^32. */
const HEARD = PLACES
/** Not 0 when the pool has stopped. */
const STOPPED = PLACES + 1
/** The last post of the other side that this one has read, and all before it. */
const OWNER_READ = PLACES + 2
const THREAD_READ = PLACES + 3
/** The times are on an address that eight divides. */
const WORDS = PLACES + 4
const STARTS_AT = WORDS * Int32Array.BYTES_PER_ELEMENT
const DEADLINES_AT = STARTS_AT + (PLACES + 1) * Float64Array.BYTES_PER_ELEMENT

/** A thread that has said so much more than was heard waits before it says more. */
export const MOST_UNHEARD = 1024
const WAIT_MS = 5

/**
 * The memory of one thread and its owner: a word, a time and a deadline for each job, how much of the thread was heard, whether the pool
 * has stopped, and how large the heap of the thread is.
 */
export class SharedWords implements Words {
  readonly #words: Int32Array
  readonly #starts: Float64Array
  readonly #deadlines: Float64Array

  readonly memory: SharedArrayBuffer

  /** @param shared the memory that its owner has made. Left out: this is the owner */
  constructor(shared?: SharedArrayBuffer) {
    const memory = shared ?? new SharedArrayBuffer(DEADLINES_AT + PLACES * Float64Array.BYTES_PER_ELEMENT)
    this.memory = memory
    this.#words = new Int32Array(memory, 0, WORDS)
    this.#starts = new Float64Array(memory, STARTS_AT, PLACES + 1)
    this.#deadlines = new Float64Array(memory, DEADLINES_AT, PLACES)
    if (shared === undefined) this.#deadlines.fill(Infinity)
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

  /** The pool has stopped: what still runs is of no use to anybody. */
  stop(): void {
    Atomics.store(this.#words, STOPPED, 1)
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, STOPPED) !== 0
  }

  /** The last post of the thread that its owner has read, and all before it. */
  get readByOwner(): number {
    return Atomics.load(this.#words, OWNER_READ)
  }

  set readByOwner(post: number) {
    Atomics.store(this.#words, OWNER_READ, post)
  }

  /** The last post of the owner that the thread has read, and all before it. */
  get readByThread(): number {
    return Atomics.load(this.#words, THREAD_READ)
  }

  set readByThread(post: number) {
    Atomics.store(this.#words, THREAD_READ, post)
  }

  /** The owner has read so many more posts. */
  hear(posts: number): void {
    Atomics.add(this.#words, HEARD, posts)
  }

  /**
   * Holds a thread whose owner does not keep up, for a moment: a loop that never gives way would else fill the memory of the
   * owner, and leave it no time for anything else.
   *
   * @param said how many posts the thread has sent, modulo 2^32
   */
  waitForHearing(said: number): void {
    const heard = Atomics.load(this.#words, HEARD)
    if (((said - heard) | 0) >= MOST_UNHEARD) Atomics.wait(this.#words, HEARD, heard, WAIT_MS)
  }

  /** When the job at this place began. The thread writes it before it claims the job, so that whoever sees the claim can read it. */
  startOf(place: number): number {
    return this.#starts[place] ?? 0
  }

  /** The deadline of the run at this place if it may change; Infinity if not. The owner writes it, and the thread reads it at any time. */
  deadlineOf(place: number): number {
    return this.#deadlines[place] ?? Infinity
  }

  setDeadline(place: number, deadline: number): void {
    this.#deadlines[place] = deadline
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
