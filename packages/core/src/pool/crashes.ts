import type { GenPoolError, Turn } from '@genpool/runtime'
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
  readonly pool: {
    readonly requeue: { runAgain(request: Request): void }
    readonly port: {
      /** The next request of its key may start. */
      release(request: Request): void
    }
  }
}

/** Carries out what supervision decides about a crash: callers are told, messages run again, the member is replaced. */
export class Crashes {
  constructor(private readonly kernel: CrashPorts) {}

  crashed(member: Member, requests: readonly Request[], cause: unknown): void {
    const { kernel } = this
    const now = kernel.turn.now()
    if (requests.length > 0) kernel.recorder.crashed(cause, now)
    else kernel.recorder.died(cause, now)
    for (const listener of kernel.listeners.memberCrashed) listener.memberCrashed(member, requests, cause)
    // Before the member is replaced: its successor takes what comes first.
    for (const request of requests) this.lost(request, cause)
    kernel.supervision.memberCrashed(member, requests[0], cause)
  }

  /** Runs a request again that had begun and has no result, or settles and releases it. */
  lost(request: Request, cause: unknown): void {
    const { pool } = this.kernel
    if (this.#runsAgain(request, cause)) pool.requeue.runAgain(request)
    else pool.port.release(request)
  }

  /** A request that has not begun may run again, however often its type may: only one that has cost too many members is settled. */
  isPoison(request: Request, cause: unknown): boolean {
    const { kernel } = this
    if (request.outcome !== null || kernel.supervision.fateOf(request) !== 'quarantine') return false
    this.#bury(request, kernel.failures.crashed(request, cause))
    kernel.pool.port.release(request)
    return true
  }

  /** Whether the request is run again. If not, it is settled. */
  #runsAgain(request: Request, cause: unknown): boolean {
    if (request.outcome !== null || request.isLeft) return false
    const fate = this.kernel.supervision.fateOf(request)
    const error = this.kernel.failures.crashed(request, cause)
    if (fate === 'retry' && !error.mayBeCommitted) {
      request.extend().crash = error
      return true
    }
    if (fate === 'quarantine') this.#bury(request, error)
    else request.fail(error)
    return false
  }

  /** Without a caller it becomes a dead letter when it fails. */
  #bury(request: Request, error: GenPoolError): void {
    if (request.expectsAnswer) this.kernel.deadLetters.add(request.message, error)
    request.fail(error)
  }
}
