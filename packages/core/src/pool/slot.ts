import type { Member } from '../members/member'
import type { StartLoop } from './start-loop'
import type { Start } from './starts'

/** How the member of a slot is started, while that is not done or was difficult. */
class SlotStarts {
  start: Start | null = null
  loop: StartLoop | null = null
  ignored = false
}

/** The place of one member. It outlives its members. */
export class Slot {
  member: Member | null = null
  /** Counts the members that have had this slot. */
  incarnation = 0
  /** Whether this slot should have a member. */
  wanted = false
  /** Most members start at once and well. */
  #starts: SlotStarts | null = null

  constructor(readonly number: number) {}

  /** The start of this member, while it is under way. */
  get start(): Start | null {
    return this.#starts === null ? null : this.#starts.start
  }

  set start(start: Start | null) {
    if (start !== null) this.extend().start = start
    else if (this.#starts?.loop === null && !this.#starts.ignored) this.#starts = null
    else if (this.#starts !== null) this.#starts.start = null
  }

  /** Starts its member again after a failure. Counts for itself: members that fail together have failed once each. */
  get starts(): StartLoop | null {
    return this.#starts === null ? null : this.#starts.loop
  }

  set starts(loop: StartLoop) {
    this.extend().loop = loop
  }

  /** Whether `init` wants no member here. */
  get ignored(): boolean {
    return this.#starts !== null && this.#starts.ignored
  }

  set ignored(ignored: boolean) {
    if (ignored || this.#starts !== null) this.extend().ignored = ignored
  }

  /** Whether a member is starting here, or waits for another try. */
  get isStarting(): boolean {
    return this.wanted && !this.ignored && this.member?.hasBegun !== true
  }

  private extend(): SlotStarts {
    return (this.#starts ??= new SlotStarts())
  }
}
