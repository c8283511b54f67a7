import { type Nanos, NS_PER_MS } from './clock'

const SECOND: Nanos = 1000 * NS_PER_MS
/** Calls and retries are counted over this many seconds, the one that runs included. */
const SECONDS = 10
/** The share of the calls that may be retried. */
const SHARE = 0.1
/** How many retries any second may have, however few calls there are. */
const AT_LEAST = 3

/** One second in which something was counted. */
interface Second {
  readonly number: number
  /** How many requests had come in before it. */
  readonly before: number
  retries: number
  /** Retries that were not let through. */
  refused: number
}

/**
 * Decides how many retries a pool may have: a tenth of its calls over the last 10 seconds, and at least 3 within a second. So
 * retries never make an overload much worse. Pure: times and counts are arguments.
 *
 * A retry is counted when it is decided, before its wait: a caller without a place in the budget learns of it at once. Within any
 * 10 seconds it lets through at most a tenth of the calls and 3 for each second.
 */
export class RetryBudget {
  #seconds: Second[] = []
  /** When the last retries were let through, oldest first. */
  readonly #last: Nanos[] = []

  /** Notes how many requests have come in until now. Called at least for each call that may be retried. */
  saw(accepted: number, now: Nanos): void {
    const number = Math.floor(now / SECOND)
    if (this.#seconds.at(-1)?.number === number) return
    this.#seconds = this.#seconds.filter((second) => second.number > number - SECONDS)
    this.#seconds.push({ number, before: accepted, retries: 0, refused: 0 })
  }

  /** Whether there may be one more retry now; if so, it is counted. */
  take(accepted: number, now: Nanos): boolean {
    this.saw(accepted, now)
    const second = this.#seconds.at(-1) as Second
    if (!this.#hasShare(accepted) && !this.#hasLeast(now)) {
      second.refused++
      return false
    }
    second.retries++
    this.#last.push(now)
    if (this.#last.length > AT_LEAST) this.#last.shift()
    return true
  }

  /** How many it did not let through in the last 10 seconds. */
  refusedLately(now: Nanos): number {
    const since = Math.floor(now / SECOND) - SECONDS
    return this.#seconds.reduce((sum, { number, refused }) => sum + (number > since ? refused : 0), 0)
  }

  #hasShare(accepted: number): boolean {
    const retries = this.#seconds.reduce((sum, second) => sum + second.retries, 0)
    // Retries come in as requests, too.
    const calls = accepted - (this.#seconds[0]?.before ?? accepted) - retries
    return retries + 1 <= calls * SHARE
  }

  #hasLeast(now: Nanos): boolean {
    const [first] = this.#last
    return this.#last.length < AT_LEAST || first === undefined || now - first >= SECOND
  }
}
