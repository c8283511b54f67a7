/** Whether a pool can work, and who waits for that. */
export class Readiness {
  /** Whether a caller waits. */
  isAwaited = false
  /** Whether the pool could work at some time. */
  reached = false
  /** Whether it stopped before that. */
  #missed = false
  /** Made for the first caller. */
  #promise: Promise<void> | null = null
  #resolve: (() => void) | null = null
  #reject: ((error: Error) => void) | null = null

  /** @param failure makes the error of a pool that never could work */
  wait(failure: () => Error): Promise<void> {
    this.isAwaited = !this.reached && !this.#missed
    if (this.#promise === null) this.#makePromise(failure)
    return this.#promise as Promise<void>
  }

  #makePromise(failure: () => Error): void {
    this.#promise = new Promise((resolve, reject) => {
      if (this.#missed) reject(failure())
      else if (this.reached) resolve()
      else [this.#resolve, this.#reject] = [resolve, reject]
    })
    // Nobody may be listening: an unhandled rejection must not end the process.
    this.#promise.catch(() => undefined)
  }

  /** The pool can work. */
  done(): void {
    this.reached = true
    this.isAwaited = false
    this.#resolve?.()
    this.#resolve = this.#reject = null
  }

  /** The pool stops. */
  end(failure: () => Error): void {
    if (this.reached) return
    this.#missed = true
    this.isAwaited = false
    this.#reject?.(failure())
    this.#resolve = this.#reject = null
  }
}
