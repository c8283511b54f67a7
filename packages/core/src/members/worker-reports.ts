import type { Nanos } from '@genpool/runtime'
import { isOf } from '../behaviours/answerable'
import { RunAgain } from '../behaviours/run-again'
import type { Following } from '../behaviours/step'
import type { Request } from '../requests/request'
import type { Progress, WorkerHost } from '../work/worker'
import type { Crew } from './crew'
import { giveBack, giveBackFrom } from './give-back'
import { type Hand, splitBatch } from './hand'

/** The part of a member that the reports of its worker change. */
export interface Reported {
  readonly status: 'starting' | 'idle' | 'busy' | 'ended'
  readonly hand: Hand
  handled: number
  /** The reason to end after the current message; null to go on. */
  leaving: { readonly reason: unknown } | null
  startOf(request: Request): Nanos | null
  /** Looks for something to do. */
  seekWork(): void
  leave(reason: unknown): void
  /** Stops waiting for a request. */
  withdraw(): boolean
  tellIfIdle(ms: number): void
}

/** Carries out what follows from a worker's reports. After its member has ended, a report changes nothing. */
export class WorkerReports<M extends Reported> implements WorkerHost<Request> {
  readonly progress: Progress<Request>
  readonly inHand: Hand

  constructor(
    private readonly member: M,
    private readonly crew: Crew<M>,
  ) {
    this.progress = crew.progress
    this.inHand = member.hand
  }

  done(request: Request, then: Following | undefined, runNs: Nanos, times: number): void {
    const { member, crew } = this
    if (member.status === 'ended') return
    const companions = request.handler.batch === 0 ? null : request.companions
    if (request.outcome === null) this.#settleUnanswered(request)
    if (companions !== null) this.#settleCompanions(companions)
    if (then !== undefined && 'halt' in then) member.leaving ??= { reason: then.halt }
    member.handled++
    crew.finished(member, request, runNs, times)
    this.inHand.remove(request)
    crew.work.release(request)
    if (companions !== null) for (const each of companions) crew.work.release(each)
    if (then !== undefined && member.leaving === null) this.#follow(then)
    member.seekWork()
  }

  failed(request: Request, cause: unknown, runNs: Nanos): void {
    if (this.member.status === 'ended') return
    const requests = this.#close(request, runNs)
    if (isOf(cause, RunAgain)) {
      giveBack(requests, this.crew)
      this.member.seekWork()
    } else this.crew.crashed(this.member, requests, cause)
  }

  refused(request: Request, error: unknown, runNs: Nanos): void {
    if (this.member.status === 'ended') return
    for (const each of this.#close(request, runNs)) {
      each.fail(this.crew.failures.refused(each, error))
      this.crew.work.release(each)
    }
    this.member.seekWork()
  }

  returned(request: Request): void {
    const { member } = this
    if (member.status === 'ended') return
    // Another member is to get it: this one may be the first that waits for work.
    member.withdraw()
    giveBackFrom(member.hand, [request], this.crew)
    member.seekWork()
  }

  died(cause: unknown, begun: readonly Request[]): void {
    const { member, crew } = this
    if (member.status === 'ended') return
    member.leaving ??= { reason: cause }
    member.withdraw()
    const lost = begun.flatMap((request) => this.#close(request, -1))
    giveBackFrom(member.hand, [...member.hand.requests], crew)
    crew.crashed(member, lost, cause)
    member.leave(cause)
  }

  #settleCompanions(companions: readonly Request[]): void {
    this.member.handled += companions.length
    for (const each of companions) if (each.outcome === null) this.#settleUnanswered(each)
  }

  /** The handler did not reply: a call stays open for a later answer, anything else is settled. */
  #settleUnanswered(request: Request): void {
    if (request.expectsAnswer) {
      request.extend().startedAt = this.member.startOf(request)
      this.crew.awaitReply(request)
    } else request.reply(undefined, false)
  }

  /** Ends a run that committed nothing. Returns its requests: the caller settles and releases them, or runs them again. */
  #close(request: Request, runNs: Nanos): readonly Request[] {
    const requests = splitBatch(request)
    const startedAt = this.member.startOf(request)
    this.member.handled += requests.length
    this.crew.broke(this.member, request, runNs)
    this.member.hand.remove(request)
    for (const each of requests) each.extend().startedAt = startedAt
    return requests
  }

  #follow(then: Following): void {
    if ('continue' in then) this.crew.continueWith(this.member, then.continue)
    if (then.timeout !== undefined && then.timeout !== Infinity) this.member.tellIfIdle(then.timeout)
  }
}
