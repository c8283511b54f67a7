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
 * Keeps back requests that would only be refused, before they cost anything. Pure: time and chance are arguments.
 *
 * Of the requests of the last while, with those that it has kept back itself, so many were accepted. Once there are more than
 * `factor` times as many requests as that, it refuses newcomers with the probability
 * `(requests - factor * accepted) / (requests + 1)`. So about `factor` times as many go on as are accepted, and some always do: that
 * is how it notices that there is room again.
 *
 * Only requests count whose result is known: a burst that waits has been neither accepted nor refused.
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

  /** With which probability a newcomer is refused now. */
  probability(now: Nanos): number {
    const accepted = this.#results.good(now)
    const requests = accepted + this.#results.bad(now)
    if (requests < this.#rules.min) return 0
    return Math.max(0, (requests - this.#rules.factor * accepted) / (requests + 1))
  }

  /** Whether a newcomer is refused; then it counts as a request that was. @param chance a number in [0, 1) */
  refuses(chance: number, now: Nanos): boolean {
    if (chance >= this.probability(now)) return false
    this.#results.add(false, now)
    return true
  }

  /** When it forgets the oldest results, from now: before that, the probability falls only if requests are accepted. */
  forgetsIn(now: Nanos): Nanos {
    return this.#results.forgetsIn(now)
  }

  /** One that went on has been accepted, or refused further on. */
  settled(accepted: boolean, now: Nanos): void {
    this.#results.add(accepted, now)
  }

  /** Takes new rules over; what has been counted is kept, unless the window is another one. */
  configure(rules: ThrottleRules): void {
    this.#rules = rules
    this.#results.resize(rules.within * NS_PER_MS)
  }
}
