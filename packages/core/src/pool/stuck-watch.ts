import { Deadlines, NS_PER_MS } from '@genpool/runtime'
import { memberStuck } from '../telemetry/channels'
import { msBetween, ofMember } from '../telemetry/payloads'
import type { Member } from './member'
import type { Pool } from './pool'

/** Gives up members that work on one message for longer than `stuckAfter`. */
export class StuckWatch {
  readonly #deadlines: Deadlines<Member>

  constructor(private readonly pool: Pool) {
    this.#deadlines = new Deadlines(pool.options.clock, (member) => this.#giveUp(member))
  }

  /** Counts from each begin of a handler: a member that waits for the state is not stuck. */
  begin(member: Member, stuckAfter: number): void {
    if (member.wheelSlot >= 0) this.#deadlines.remove(member)
    member.deadline = this.pool.turn.now() + stuckAfter * NS_PER_MS
    this.#deadlines.add(member)
  }

  end(member: Member): void {
    this.#deadlines.remove(member)
  }

  rest(): void {
    this.#deadlines.rest()
  }

  #giveUp(member: Member): void {
    const { pool } = this
    pool.stats.troubles.add('stuck', pool.turn.now())
    if (memberStuck.hasSubscribers) {
      const ranMs = msBetween(member.startedAt, pool.turn.refresh())
      memberStuck.publish({ ...ofMember(member), type: member.current?.route.type ?? '', ranMs })
    }
    const cause = new Error(`it was still running after ${pool.options.stuckAfter} ms and was given up as stuck`)
    if (pool.door !== null && member.current !== null) pool.door.crashed([member.current], cause)
    member.abandon((request) => pool.failures.crashed(request, cause))
  }
}
