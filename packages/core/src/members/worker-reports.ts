import { isGenPoolError, type Nanos } from '@genpool/runtime'
import { isOf } from '../behaviours/answerable'
import { RunAgain } from '../behaviours/run-again'
import type { Following } from '../behaviours/step'
import { hasPassed } from '../requests/deadline'
import type { Request } from '../requests/request'
import type { Progress, WorkerHost } from '../work/worker'
import type { Crew } from './crew'
import { giveBack, giveBackFrom } from './give-back'
import { Hand, splitBatch } from './hand'
import type { Leaving } from './member-rarely'

/** The part of a member that the reports of its worker change. */
export interface Reported<M> {
  readonly crew: Crew<M>
  readonly status: 'starting' | 'idle' | 'busy' | 'ended'
  readonly hand: Hand
  handled: number
  /** The reason to end after the current message; null to go on. */
  leaving: Leaving | null
  startOf(request: Request): Nanos | null
  /** Looks for something to do. */
  seekWork(): void
  /** Ends after the current message. */
  leave(reason: unknown): void
  /** The same for a fault. */
  fail(cause: unknown): void
  /** Stops waiting for a request. */
  withdraw(): boolean
  tellIfIdle(ms: number): void
}

/**
 * The hand of a member, and what follows from its worker's reports on it. After the member has ended, a report changes nothing.
 *
 * A base class of members, as `Hand`. For the same reason there is no method with `#`.
 */
export abstract class WorkerReports<M extends Reported<M>> extends Hand implements WorkerHost<Request> {
  abstract readonly crew: Crew<M>
  /** Itself. */
  protected abstract readonly member: M

  get progress(): Progress<Request> {
    return this.crew.progress
  }

  get inHand(): Hand {
    return this
  }

  done(request: Request, then: Following | undefined, runNs: Nanos, times: number): void {
    const { member, crew } = this
    if (member.status === 'ended') return
    const companions = request.handler.batch === 0 ? null : request.companions
    if (request.outcome === null) this.settleUnanswered(request, then)
    if (companions !== null) this.settleCompanions(companions, then)
    if (then !== undefined && 'halt' in then) member.leaving ??= { reason: then.halt, isFault: !isNormal(then.halt) }
    member.handled++
    crew.finished(member, request, runNs, times)
    this.remove(request)
    crew.work.release(request)
    if (request.outcome === null) request.owner.awaitReply(request)
    if (companions !== null) for (const each of companions) this.released(each)
    // Its worker may have more ahead, and may wait for more.
    if (then !== undefined && 'halt' in then) return member.leave(then.halt)
    if (then !== undefined) this.follow(then)
    member.seekWork()
  }

  failed(request: Request, cause: unknown, runNs: Nanos): void {
    if (this.member.status === 'ended') return
    const requests = this.breakOff(request, runNs)
    if (isOf(cause, RunAgain)) {
      giveBack(requests, this.crew)
      this.member.seekWork()
    } else this.crew.crashed(this.member, requests, cause)
  }

  refused(request: Request, error: unknown, runNs: Nanos): void {
    if (this.member.status === 'ended') return
    const { failures, turn, work } = this.crew
    for (const each of this.breakOff(request, runNs)) {
      // A worker may look at the clock before the deadline is noticed here. What became of a commit is told in any case.
      const hasExpired = !isGenPoolError(error) && hasPassed(each.deadline, turn)
      each.fail(hasExpired ? failures.expired(each) : failures.refusedCommit(each, error))
      work.release(each)
    }
    this.member.seekWork()
  }

  returned(request: Request): void {
    const { member } = this
    if (member.status === 'ended') return
    // Another member is to get it: this one may be the first that waits for work.
    member.withdraw()
    giveBackFrom(this, [request], this.crew)
    member.seekWork()
  }

  died(cause: unknown, begun: readonly Request[], received: readonly Request[] = []): void {
    const { member, crew } = this
    if (member.status === 'ended') return
    // What it has died of, or may have, is no fault of its start.
    const hasStarted = received.length > 0 || begun.some(({ kind }) => kind !== 'direct')
    const isStart = member.leaving === null && !hasStarted && crew.isNew(member)
    member.leaving ??= { reason: cause, isFault: true }
    member.withdraw()
    const lost = begun.flatMap((request) => this.breakOff(request, -1))
    for (const request of received) this.unreceived(request, cause)
    giveBackFrom(this, [...this.requests], crew)
    if (isStart) {
      for (const request of lost) crew.lost(request, cause)
      return crew.diedAtStart(member, cause)
    }
    crew.crashed(member, lost, cause)
    member.fail(cause)
  }

  /** Its worker died as it received this request, with those of its batch: perhaps of it. */
  private unreceived(request: Request, cause: unknown): void {
    const batch = splitBatch(request)
    this.remove(request)
    giveBack(
      batch.filter((each) => !this.crew.isPoison(each, cause)),
      this.crew,
    )
  }

  private settleCompanions(companions: readonly Request[], then: Following | undefined): void {
    this.member.handled += companions.length
    for (const each of companions) if (each.outcome === null) this.settleUnanswered(each, then)
  }

  /** The handler did not reply: a call stays open for a later answer, anything else is settled. */
  private settleUnanswered(request: Request, then: Following | undefined): void {
    if (!request.expectsAnswer) return void request.reply(undefined, false)
    const rarely = request.extend()
    rarely.startedAt = this.member.startOf(request)
    rarely.halts = then !== undefined && 'halt' in then
  }

  private released(companion: Request): void {
    this.crew.work.release(companion)
    if (companion.outcome === null) companion.owner.awaitReply(companion)
  }

  /** Ends a run that committed nothing. Returns its requests: the caller settles and releases them, or runs them again. */
  private breakOff(request: Request, runNs: Nanos): readonly Request[] {
    const requests = splitBatch(request)
    const startedAt = this.member.startOf(request)
    this.member.handled += requests.length
    this.crew.broke(this.member, request, runNs)
    this.remove(request)
    for (const each of requests) each.extend().startedAt = startedAt
    return requests
  }

  private follow(then: Following): void {
    if ('continue' in then) this.crew.continueWith(this.member, then.continue)
    if (this.member.leaving !== null) return
    if (then.timeout !== undefined && then.timeout !== Infinity) this.member.tellIfIdle(then.timeout)
  }
}

/** The reasons of `halt` that are no faults. */
function isNormal(reason: unknown): boolean {
  return reason === 'normal' || reason === 'shutdown'
}
