import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { Quantile } from './quantile'

/** Run times vary; each estimate is taken with a margin to the safe side. */
const LONG_MARGIN = 2
const SHORT_MARGIN = 0.8

/**
 * Keeps work from being done in vain: a request is not started when what is left until its deadline is too short.
 *
 * - Shorter than almost any run: it cannot be done in time, and is given up.
 * - Shorter than a long run (the 99th percentile): it is given up if others wait that have more time, and if it has used
 *   half of its own; otherwise it may try.
 *
 * So nothing is refused that could well be served in time while nobody else needs the place, and a few runs that take
 * for ever cannot stop the rest.
 */
export class Budget {
  readonly #short = new Quantile(0.05)
  readonly #long = new Quantile(0.99)
  /** With more left than this there is nothing to think about. */
  plenty: Nanos = 0

  /** A run took this long. */
  finished(runNs: Nanos): void {
    this.#short.add(runNs)
    this.#long.add(runNs)
    this.plenty = Math.max(this.#long.value * LONG_MARGIN, this.#short.value)
  }

  /**
   * Whether to start a request, and if not, why.
   *
   * @param othersWait whether somebody else could use the place
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
