import { NS_PER_MS, systemClock, warn } from '@genpool/runtime'
import type { Thread } from './thread'

/** A spare thread may take so long to load its module, in milliseconds, and so many times as long as the slowest one before. */
const LOADING_MS = 5_000
const TIMES_SLOWER = 4

/** Threads without a member: the next one takes them. */
export class Spares {
  readonly #threads: Thread[] = []
  /** How long the slowest thread has taken to load. */
  #slowestMs = 0

  /** @param make makes a thread that loads the module */
  constructor(private readonly make: () => Thread) {}

  get isAny(): boolean {
    return this.#threads.length > 0
  }

  /** A thread that has loaded the module, one that loads it, or a new one. */
  take(): Thread {
    const loaded = this.#threads.findIndex(({ isLoaded, isGone }) => isLoaded && !isGone)
    const [spare] = this.#threads.splice(Math.max(0, loaded), 1)
    return spare === undefined || spare.isGone ? this.#timed(this.make()) : spare
  }

  /** A thread that its member leaves is there for the next one. */
  keep(thread: Thread): void {
    this.#threads.unshift(thread)
  }

  /**
   * A thread whose start is not wanted any more: the next one takes it. If none does, it is ended when it has loaded.
   *
   * @param most how many may stay then
   */
  keepLoading(thread: Thread, most: () => number): void {
    this.#threads.push(thread)
    const end = (): void => this.#end(thread)
    const timer = systemClock.setTimer(systemClock.now() + LOADING_MS * NS_PER_MS, end, false)
    const surplus = (): void => {
      timer.cancel()
      if (this.#threads.length > most()) end()
    }
    thread.loaded.then(surplus, () => (timer.cancel(), end()))
  }

  #end(thread: Thread): void {
    const i = this.#threads.indexOf(thread)
    if (i < 0) return
    this.#threads.splice(i, 1)
    void thread.kill()
  }

  /** Has at least so many. */
  fill(count: number): void {
    while (this.#threads.length < count) {
      const thread = this.#timed(this.make())
      this.#threads.push(thread)
      const until = systemClock.now() + (LOADING_MS + TIMES_SLOWER * this.#slowestMs) * NS_PER_MS
      const timer = systemClock.setTimer(until, () => this.#giveUp(thread), false)
      const cancel = (): void => timer.cancel()
      thread.loaded.then(cancel, cancel)
    }
  }

  end(): void {
    for (const spare of this.#threads.splice(0)) void spare.kill()
  }

  #timed(thread: Thread): Thread {
    const begunAt = systemClock.now()
    const loaded = (): void => {
      this.#slowestMs = Math.max(this.#slowestMs, (systemClock.now() - begunAt) / NS_PER_MS)
    }
    thread.loaded.then(loaded, () => undefined)
    return thread
  }

  /** Its module most likely loops: that would take a core for ever. */
  #giveUp(thread: Thread): void {
    const i = this.#threads.indexOf(thread)
    // A member that has taken it has a limit of its own.
    if (i < 0) return
    this.#threads.splice(i, 1)
    void thread.kill()
    const why =
      'its module has not loaded, though it did in another thread. Does it wait, or loop, when it loads once more?'
    warn(`A spare thread was ended: ${why}`)
  }
}
