import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../../errors'

/** Why a newcomer is refused at the door. */
export interface Refusal {
  readonly reason: DropReason
  /** When trying again is likely to help, from now; undefined where that is not known. */
  readonly retryAfter?: Nanos
}

/** Decides at the door whether a request may wait. It is asked only about requests that would have to. */
export interface Admission {
  /** Null to let it in. @param ahead how many would be served before it */
  refusal(ahead: number, now: Nanos): Refusal | null
  /** A request waits now. @param waiting how many do, with it */
  queued(waiting: number, now: Nanos): void
  /**
   * A request went to a member.
   *
   * @param relativeTime how long it waited for the member; negative: how long the member waited for it
   * @param waiting how many go on waiting
   */
  matched(relativeTime: Nanos, waiting: number, now: Nanos): void
}
