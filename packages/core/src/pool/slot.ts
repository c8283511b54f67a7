import type { Member } from '../members/member'
import type { StartLoop } from './start-loop'
import type { Start } from './starts'

/** The place of one member. It outlives its members. */
export class Slot {
  member: Member | null = null
  /** The start of this member, while it is under way. */
  start: Start | null = null
  /** Counts the members that have had this slot. */
  incarnation = 0
  /** Whether this slot should have a member. */
  wanted = false
  /** Whether `init` wants no member here. */
  ignored = false

  /** Starts its member again after a failure. Counts for itself: members that fail together have failed once each. */
  starts: StartLoop | null = null

  constructor(readonly number: number) {}

  /** Whether a member is starting here, or waits for another try. */
  get isStarting(): boolean {
    return this.wanted && !this.ignored && this.member?.hasBegun !== true
  }
}
