import type { Turn } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Failures } from '../requests/failures'
import type { Request } from '../requests/request'
import type { DeadLetters } from './dead-letters'
import type { Listeners } from './listeners'
import type { Recorder, Supervision } from './ports'

/** What follows a crash in a pool. */
export interface CrashPorts {
  readonly turn: Turn
  readonly failures: Failures
  readonly listeners: Listeners
  readonly recorder: Recorder
  readonly deadLetters: DeadLetters
  readonly supervision: Supervision
  runAgain(request: Request): void
}

/** Carries out what supervision decides about a crash: callers are told, messages run again, the member is replaced. */
export class Crashes {
  constructor(private readonly pool: CrashPorts) {}

  crashed(member: Member, requests: readonly Request[], cause: unknown): void {
    const { pool } = this
    pool.recorder.crashed(cause, pool.turn.now())
    for (const listener of pool.listeners.memberCrashed) listener.memberCrashed(member, requests, cause)
    const again = requests.filter((request) => this.#runsAgain(request, cause))
    pool.supervision.memberCrashed(member, requests[0], cause)
    for (const request of again) pool.runAgain(request)
  }

  /** Whether the request is run again. If not, it is settled. */
  #runsAgain(request: Request, cause: unknown): boolean {
    if (request.outcome !== null) return false
    const fate = this.pool.supervision.fateOf(request)
    if (fate === 'retry') return true
    const error = this.pool.failures.crashed(request, cause)
    // Without a caller it becomes a dead letter when it fails.
    if (fate === 'quarantine' && request.expectsAnswer) this.pool.deadLetters.add(request.message, error)
    request.fail(error)
    return false
  }
}
