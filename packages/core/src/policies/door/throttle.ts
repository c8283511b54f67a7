import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { z } from 'zod'
import { RecentCounts } from './recent-counts'

/** When a throttle refuses requests. Times are milliseconds. */
export const throttleOptions = z.strictObject({
  factor: z
    .number()
    .min(1)
    .default(2)
    .describe('Lets about this many requests pass for each accepted one, and refuses the rest.'),
  within: z.number().positive().default(10_000).describe('How long a result counts, in milliseconds.'),
  min: z
    .number()
    .int()
    .nonnegative()
    .default(20)
    .describe('No request is refused until this many have had a result within `within`.'),
})
export type ThrottleRules = z.output<typeof throttleOptions>

/**
 * Refuses requests that would be refused later anyway, before they cost anything. Pure: time and chance are arguments.
 *
 * It counts the requests in a sliding window, including those that it refused itself, and how many were accepted. Once there
 * are more than `factor` requests for each accepted one, it refuses newcomers with the probability
 * `(requests - factor * accepted) / (requests + 1)`. So about `factor` requests pass for each accepted one. Some always
 * pass, so it notices when there is room again.
 *
 * Only requests with a known result count: a waiting burst is neither accepted nor refused.
 *
 * @see Beyer et al., Site Reliability Engineering, chapter 21, "Client-Side Throttling"
 */
export class Throttle {
  #rules: ThrottleRules
  readonly #results: RecentCounts

  constructor(rules: ThrottleRules) {
    this.#rules = rules
    this.#results = new RecentCounts(rules.within * NS_PER_MS)
  }

  /** The probability with which a newcomer is refused now. */
  probability(now: Nanos): number {
    const accepted = this.#results.good(now)
    const requests = accepted + this.#results.bad(now)
    if (requests < this.#rules.min) return 0
    return Math.max(0, (requests - this.#rules.factor * accepted) / (requests + 1))
  }

  /** Whether to refuse a newcomer; if so, it counts as refused. @param chance a random number in [0, 1) */
  refuses(chance: number, now: Nanos): boolean {
    if (chance >= this.probability(now)) return false
    this.#results.add(false, now)
    return true
  }

  /** When it forgets the oldest results, from now: before that, the probability falls only if requests are accepted. */
  forgetsIn(now: Nanos): Nanos {
    return this.#results.forgetsIn(now)
  }

  /** Reports that a request that passed was accepted, or was refused later. */
  settled(accepted: boolean, now: Nanos): void {
    this.#results.add(accepted, now)
  }

  /** Applies new rules; the counts are kept unless the window differs. */
  configure(rules: ThrottleRules): void {
    this.#rules = rules
    this.#results.resize(rules.within * NS_PER_MS)
  }
}
