import { inOrder, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { z } from 'zod'
import { RecentCounts } from './recent-counts'

/** When a circuit breaker opens and closes. Times are milliseconds. */
export const breakerOptions = z
  .strictObject({
    failures: z
      .number()
      .int()
      .positive()
      .default(5)
      .describe(
        'How many crashes and failed starts within `within` open the breaker, if they are at least `share` of all results.',
      ),
    within: z.number().positive().default(10_000).describe('How long a result counts, in milliseconds.'),
    share: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('The least share of failures that opens the breaker, 0 to 1.'),
    wait: z
      .number()
      .positive()
      .default(1000)
      .describe(
        'How long an open breaker refuses requests, in milliseconds; doubled after each failed probe. At most `maxWait`.',
      ),
    maxWait: z
      .number()
      .positive()
      .default(30_000)
      .describe('The greatest value that `wait` is doubled to, in milliseconds.'),
    probes: z
      .number()
      .int()
      .positive()
      .default(3)
      .describe('How many requests pass as probes after `wait`. If all succeed, the breaker closes.'),
    counts: z
      .custom<(error: unknown) => boolean>((value) => typeof value === 'function', 'expected a function')
      .optional()
      .describe('Gets the error and returns whether it counts as a failure. Default: each error counts.'),
  })
  .refine(...inOrder('wait', 'maxWait'))
export type CheckedBreakerOptions = z.output<typeof breakerOptions>
export type BreakerRules = Omit<CheckedBreakerOptions, 'counts'>

/** The states of a breaker: all requests pass, none, or a few probes. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** The answer to a request: refused, let through, or (1 and more) a probe of the trial with that number. */
export type Pass = number
export const REFUSED: Pass = -1
export const FREE: Pass = 0

/**
 * Refuses requests while earlier ones keep failing. Pure: the time is an argument, in nanoseconds that never decrease.
 *
 * - **closed**: all pass. It opens after enough failures within a window, if they are a large enough share of the results.
 * - **open**: none passes, for `wait`.
 * - **half-open**: `probes` requests pass. If all of them succeed, it closes; if one fails, it opens again, for twice as
 *   long. A probe without a result is replaced by another, and so is one that has no result after `maxWait`.
 *
 * Requests from before a trial do not affect it: each trial has a number, and only its own probes count.
 *
 * @see Nygard, Release It!, 2007
 */
export class Breaker {
  #rules: BreakerRules
  readonly #results: RecentCounts
  #state: BreakerState = 'closed'
  #openUntil: Nanos = 0
  #wait: Nanos
  #trial = 0
  /** Since when probes of this trial are running. */
  #since: Nanos = 0
  /** How many probes of this trial are running, and how many have succeeded. */
  #under = 0
  #passed = 0

  constructor(rules: BreakerRules) {
    this.#rules = rules
    this.#results = new RecentCounts(rules.within * NS_PER_MS)
    this.#wait = rules.wait * NS_PER_MS
  }

  state(now: Nanos): BreakerState {
    return this.#state === 'open' && now >= this.#openUntil ? 'half-open' : this.#state
  }

  /** How long a request that is refused now should wait before a retry; 0 while all pass. */
  retryAfter(now: Nanos): Nanos {
    if (this.#state === 'closed') return 0
    // During a trial: if it fails, the wait is twice as long.
    return this.#state === 'open' ? Math.max(0, this.#openUntil - now) : this.#longer()
  }

  /** Decides about a new request. For a probe, the owner must report the result, once. */
  tryPass(now: Nanos): Pass {
    if (this.#state === 'closed') return FREE
    if (this.#state === 'open') {
      if (now < this.#openUntil) return REFUSED
      this.#state = 'half-open'
      this.#trial++
      this.#since = now
      this.#under = this.#passed = 0
    } else if (now - this.#since >= this.#rules.maxWait * NS_PER_MS) {
      // The probes may hang for ever, and then no request would pass again.
      this.#since = now
      this.#under = 0
    }
    if (this.#under + this.#passed >= this.#rules.probes) return REFUSED
    this.#under++
    return this.#trial
  }

  /** Reports that a request that passed has succeeded. */
  succeeded(pass: Pass, now: Nanos): void {
    if (this.#state === 'closed') return this.#results.add(true, now)
    if (!this.#isProbe(pass)) return
    this.#leave()
    if (++this.#passed < this.#rules.probes) return
    this.#state = 'closed'
    this.#wait = this.#rules.wait * NS_PER_MS
    this.#results.clear()
  }

  /** Reports that a request that passed has failed. */
  failed(pass: Pass, now: Nanos): void {
    if (this.#state === 'closed') {
      this.#results.add(false, now)
      if (this.#isEnough(now)) this.#open(now)
    } else if (this.#isProbe(pass)) this.#reopen(now)
  }

  /** Reports that the start of a member has failed. */
  startFailed(now: Nanos): void {
    this.failed(this.#trial, now)
  }

  /** Reports that a request that passed has no result: it was dropped before it ran, or neither succeeded nor failed. */
  forgotten(pass: Pass): void {
    if (this.#isProbe(pass)) this.#leave()
  }

  /** Applies new rules; the state and its remaining time stay. */
  configure(rules: BreakerRules): void {
    const { wait, maxWait } = this.#rules
    this.#rules = rules
    this.#results.resize(rules.within * NS_PER_MS)
    if (wait !== rules.wait || maxWait !== rules.maxWait) this.#wait = rules.wait * NS_PER_MS
  }

  #isProbe(pass: Pass): boolean {
    return this.#state === 'half-open' && pass === this.#trial
  }

  #leave(): void {
    if (this.#under > 0) this.#under--
  }

  #isEnough(now: Nanos): boolean {
    const failures = this.#results.bad(now)
    if (failures < this.#rules.failures) return false
    return failures >= this.#rules.share * (failures + this.#results.good(now))
  }

  #open(now: Nanos): void {
    this.#state = 'open'
    this.#openUntil = now + this.#wait
  }

  #reopen(now: Nanos): void {
    this.#wait = this.#longer()
    this.#open(now)
  }

  #longer(): Nanos {
    return Math.min(2 * this.#wait, this.#rules.maxWait * NS_PER_MS)
  }
}
