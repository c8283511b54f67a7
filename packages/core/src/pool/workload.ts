import type { Member } from '../members/member'
import type { Request } from '../requests/request'

/** Where a pool may have work. */
export interface WorkloadPorts {
  readonly turnWork: {
    /** Whether members are about to run. */
    readonly scheduled: boolean
  }
  readonly port: {
    /** How many requests wait. */
    readonly length: number
  }
  readonly pool: {
    /** Calls that will be answered later. */
    readonly awaitingReply: { readonly size: number }
  }
  readonly crew: {
    /** How many runs are in progress. */
    readonly busy: number
  }
  readonly roster: { readonly members: readonly Member[] }
}

/** All the work that a pool has: what waits, runs, or is about to run. */
export class Workload {
  constructor(private readonly kernel: WorkloadPorts) {}

  /** Whether there is none. */
  get isDone(): boolean {
    return this.kernel.crew.busy === 0 && this.isDoneBut(null)
  }

  /** Whether there is none but `own`. */
  isDoneBut(own: { has(request: Request): boolean } | null): boolean {
    const { turnWork, port, pool, roster } = this.kernel
    if (turnWork.scheduled || port.length > 0 || pool.awaitingReply.size > 0) return false
    const isOwn = (request: Request): boolean => own?.has(request) === true
    return roster.members.every(({ own: mail, hand }) => {
      if (mail !== null && mail.length > 0) return false
      return hand.count === 0 || hand.requests.every(isOwn)
    })
  }
}
