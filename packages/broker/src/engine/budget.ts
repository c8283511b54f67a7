import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { Quantile } from './quantile'

/** Run times vary, so each estimate has a safety margin. */
const LONG_MARGIN = 2
const SHORT_MARGIN = 0.8

/**
 * Avoids wasted work: a request is not started when too little time is left before its deadline.
 *
 * - Less than almost any run takes: the request cannot finish in time, and is dropped.
 * - Less than twice a long run (the 99th percentile), while others wait: the request is dropped if it has used half of its own
 *   time, or if what is left is less than two such short runs; otherwise it is started.
 *
 * So a request that could finish in time is not refused while no other request needs the member, and a few endless runs
 * cannot stop the rest.
 */
export class Budget {
  readonly #short = new Quantile(0.05)
  readonly #long = new Quantile(0.99)
  /** With more time left than this, a request is started without a check. */
  plenty: Nanos = 0

  /** Reports how long a run took. */
  finished(runNs: Nanos): void {
    this.#short.add(runNs)
    this.#long.add(runNs)
    this.plenty = Math.max(this.#long.value * LONG_MARGIN, this.#short.value)
  }

  /**
   * Decides whether to start a request: null to start it, or the reason to drop it.
   *
   * @param othersWait whether another request could use the member
   */
  refusal(request: { sentAt: Nanos; deadline: Nanos }, othersWait: boolean, now: Nanos): DropReason | null {
    const left = request.deadline - now
    return left > this.plenty ? null : this.#refusalOf(request, left, othersWait)
  }

  #refusalOf(request: { sentAt: Nanos; deadline: Nanos }, left: Nanos, othersWait: boolean): DropReason | null {
    if (left <= 0) return 'expired'
    const shortest = this.#short.value * SHORT_MARGIN
    if (left < shortest) return 'budget'
    if (!othersWait) return null
    const enough = Math.max((request.deadline - request.sentAt) / 2, shortest * 2)
    return left < Math.min(this.#long.value * LONG_MARGIN, enough) ? 'budget' : null
  }
}

/** The same without a budget: only the deadline counts. */
export function expiry(request: { deadline: Nanos }, now: Nanos): DropReason | null {
  return request.deadline <= now ? 'expired' : null
}
