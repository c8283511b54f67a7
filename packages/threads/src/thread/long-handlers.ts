import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** A handler that takes no longer is short: answers before it may wait for its own. */
export const SHORT = 2 * NS_PER_MS

/** Knows which handlers may take long: all that were not short the last time, and those that have not ended yet. */
export class LongHandlers {
  readonly #short = new Set<object>()
  /** The last one that was short. Most messages are for the same handler as those before. */
  #last: object | null = null

  mayBe(handler: object): boolean {
    return handler !== this.#last && !this.#short.has(handler)
  }

  /** @param handler null if none was called */
  ran(handler: object | null, ranNs: Nanos): void {
    if (handler === null) return
    if (ranNs > SHORT) {
      this.#short.delete(handler)
      if (this.#last === handler) this.#last = null
    } else if (this.#last !== handler) {
      this.#short.add(handler)
      this.#last = handler
    }
  }
}
