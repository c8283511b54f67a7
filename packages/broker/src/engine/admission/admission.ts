import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../../errors'

/** Why a request is refused before it is queued. */
export interface Refusal {
  readonly reason: DropReason
  /** How long from now a retry is likely to help; undefined if not known. */
  readonly retryAfter?: Nanos
}

/** Decides whether a request may be queued. It is asked only about requests that would have to wait. */
export interface Admission {
  /** Why to refuse a request, or null to queue it. @param ahead how many would be served before it */
  refusal(ahead: number, now: Nanos): Refusal | null
  /** Reports that a request was queued. @param waiting how many wait, including this one */
  queued(waiting: number, now: Nanos): void
  /**
   * Reports that a request went to a member.
   *
   * @param relativeTime how long it waited for the member; negative: how long the member waited for it
   * @param waiting how many are still waiting
   */
  matched(relativeTime: Nanos, waiting: number, now: Nanos): void
}
