import { type Nanos, readSafely } from '@genpool/runtime'
import type { Attempt, Hold } from '@genpool/state-ane'
import type { MemberInfo } from '../behaviours/context'
import { type Eventually, isThenable } from '../behaviours/eventually'
import type { Step } from '../behaviours/step'
import { calling } from '../requests/calling'
import type { CastRow, Casts } from '../requests/cast-row'
import type { Request } from '../requests/request'
import { giveAnswers, giveShortly } from './answers'
import { initialise, terminate } from './callbacks'
import { runRow } from './cast-rows'
import { runAlone } from './lone-runs'
import { failureOf, HandlerFailure, isWanted, type LateSteps, reportDone, stepOf } from './handler-results'
import { firstStateOf, READY } from './first-state'
import type { InProcessPool } from './in-process-pool'
import { attemptOf, MessageContext, PlainContext } from './message-context'
import { type Continuing, PromisedRuns } from './promised-runs'
import { PlainKeeper, type Run, type StateKeeper } from './state-keeper'
import { runShortly } from './short-runs'
import { batchOf, forget, isAnyWanted, runSpecially } from './special-runs'
import type { LoneRuns, Started, Worker, WorkerHost } from './worker'

/**
 * Runs a job at once, in this thread: calls the handler, commits what it returned, gives the answer, reports.
 *
 * With a synchronous handler all of this is synchronous, and makes no promise. There is one per member, so it has no method with
 * `#`, which would cost 8 bytes.
 */
export class InProcessWorker implements Worker<Request>, Run, LateSteps, Continuing, LoneRuns {
  ended = false
  /** How far its run is. What is called in a commit may end its callers: a recipe, a store, the function that makes an answer. */
  private stage: 'runs' | 'makes' | 'commits' | 'answers' = 'runs'
  private keeper: StateKeeper | null
  startedAt: Nanos = 0
  private promised: PromisedRuns | null = null

  constructor(
    readonly pool: InProcessPool,
    private readonly info: MemberInfo,
    readonly host: WorkerHost<Request>,
    keeper: StateKeeper | null,
  ) {
    this.keeper = keeper
  }

  get depth(): 1 {
    return 1
  }

  get commits(): boolean {
    return this.keeper?.commits === true
  }

  get keepsState(): boolean {
    return this.keeper?.commits === false
  }

  get state(): unknown {
    return this.keeper?.state
  }

  /** What it runs: of a batch, the first. */
  get first(): Request | null {
    return this.host.inHand.first
  }

  /** The requests of the batch in hand whose messages its handler gets; null if its handler takes one message. */
  get batch(): readonly Request[] | null {
    const { first } = this
    return first === null || first.rarely === null ? null : (first.rarely.wanted as readonly Request[] | null)
  }

  get isCalling(): boolean {
    return this.promised?.waits !== true && this.host.inHand.first !== null
  }

  start(): Eventually<Started> {
    if (this.keeper !== null) return READY
    // In nact a function whose initialStateFunc threw may go on: without a state.
    if (this.pool.behaviour.form === 'plain') this.keeper = new PlainKeeper(undefined)
    const made = initialise(this.pool.behaviour, this.pool.facts, this.info)
    return isThenable(made) ? made.then((state) => this.started(state)) : this.started(made)
  }

  private started(made: unknown): Started {
    const { started, keeper } = firstStateOf(made, this.info.name, this.pool)
    this.keeper = keeper ?? this.keeper
    return started
  }

  give(job: Request): void {
    if (this.runAtOnce(job)) reportDone(this, job)
  }

  runRow(row: CastRow, casts: Casts): boolean {
    return runRow(this, row, casts)
  }

  lone(): LoneRuns<Request> | null {
    return this.shortCell === null || this.pool.isExclusive ? null : this
  }

  runAlone(job: Request, startedAt: Nanos): Step | null {
    this.startedAt = startedAt
    return runAlone(this, job)
  }

  /** Runs a job. True: it has run, nothing follows from it, and nothing is reported. */
  runAtOnce(job: Request): boolean {
    if (job.handler.batch > 0) job.extend().wanted = batchOf(job)
    this.began(job)
    let step: Step | PromiseLike<Step>
    try {
      step = runShortly(this, job) ?? this.transactWithin(job.rarely)
    } catch (error) {
      this.failed(job, error)
      return false
    }
    return this.isOver(job, step)
  }

  began(job: Request): void {
    this.startedAt = this.pool.turn.now()
    this.host.progress.began(job, this.startedAt)
  }

  /** The same for a job whose handler has been called. */
  isOver(job: Request, step: Step | PromiseLike<Step>): boolean {
    if (!isThenable(step)) return (step.following === undefined && !this.ended) || reportDone(this, job, step.following)
    this.pool.overlaps = true
    this.promisedRuns.await(step)
    return false
  }

  get shortCell(): StateKeeper['cell'] {
    return (this.keeper as StateKeeper).cell
  }

  private transact(): Step | PromiseLike<Step> {
    return (this.keeper as StateKeeper).transact(this, this.pool.commitOptions)
  }

  /** What the handler returned belongs to its caller, too: a recipe, the function that makes the answer. */
  private transactWithin(rarely: Request['rarely']): Step | PromiseLike<Step> {
    const scope = rarely === null ? null : rarely.scope
    return scope === null ? this.transact() : scope.within(() => this.transact())
  }

  /** One call of the handler; several if another commit came first. Called by the commit engine. */
  run(state: unknown, attempt: Attempt): Step | PromiseLike<Step> {
    const job = this.host.inHand.first as Request
    const isPlain = job.rarely === null && job.handler.batch === 0
    const lead = attempt.number > 1 || attempt.exclusive || !isPlain ? this.prepare(job, attempt) : job
    this.host.progress.attempted(job, attempt)
    const ctx = this.pool.behaviour.form === 'plain' ? new PlainContext(job) : new MessageContext(lead, attemptOf(lead))
    let result: unknown
    calling.hand = this.host.inHand
    try {
      result = isPlain
        ? job.handler.handle(job.message, state, ctx)
        : runSpecially(job, this.batch, { state, attempt, ctx })
    } catch (error) {
      calling.hand = null
      throw new HandlerFailure(error)
    }
    calling.hand = null
    return stepOf(result, job.handler, this)
  }

  /** Returns the request whose context the handler gets: of a batch, the first that is wanted. */
  private prepare(job: Request, attempt: Attempt): Request {
    if (attempt.number > 1 || attempt.exclusive) {
      const refusal = this.admit()
      if (refusal !== undefined) throw refusal
      if (this.batch !== null) job.extend().wanted = this.batch.filter((request) => !request.abandoned)
    }
    this.stage = 'runs'
    const { batch } = this
    if (batch === null) forget(job)
    else batch.forEach(forget)
    return batch?.[0] ?? job
  }

  get promisedRuns(): PromisedRuns {
    return (this.promised ??= new PromisedRuns(this))
  }

  /** What an asynchronous handler returned. */
  lateStep(result: unknown): Step {
    this.pool.turn.refresh()
    this.pool.beforeCommits()
    if (this.ended) throw this.pool.failures.gone()
    return (this.host.inHand.first as Request).handler.toStep(result)
  }

  /** Refuses a commit whose callers no longer wait. Called by the commit engine, and before a run that had to wait. */
  admit(): Error | undefined {
    const job = this.host.inHand.first
    if (this.ended || job === null) return this.pool.failures.gone()
    const isAdmitted = this.batch === null ? isWanted(job, this.pool) : this.isBatchWanted()
    this.stage = isAdmitted ? 'commits' : 'runs'
    return isAdmitted ? undefined : this.pool.failures.expired(job)
  }

  private isBatchWanted(): boolean {
    return this.batch?.some((request) => isWanted(request, this.pool)) === true
  }

  holding(hold: Hold<unknown>): void {
    this.promisedRuns.hold = hold
  }

  /** The store writes the commit, so it takes time. Called by the commit engine. */
  writing(begun: boolean): void {
    this.stage = begun ? 'commits' : 'runs'
  }

  isWriting(request: Request): boolean {
    return this.stage === 'commits' && this.has(request)
  }

  /** Calls a recipe: who fails its callers there refuses its commit. Called by the commit engine. */
  make(recipe: (draft: never) => unknown, draft: never): unknown {
    const wasWanted = isAnyWanted(this)
    const { stage } = this
    this.stage = 'makes'
    try {
      const made = recipe(draft)
      if (wasWanted && !isAnyWanted(this)) throw this.pool.failures.gone()
      return made
    } finally {
      this.stage = stage
    }
  }

  hasCommitted(request: Request): boolean {
    return this.stage === 'answers' && this.has(request)
  }

  /** The commit is done: releases the answer that waited for it. Called by the commit engine. */
  committed(step: Step, state: unknown): void {
    const { first } = this
    if (first !== null) {
      const { batch } = this
      const request = batch?.[0] ?? first
      if (this.promised !== null) this.promised.hold = null
      if (batch !== null || request.rarely !== null || typeof step.value === 'function') {
        this.stage = step.next === undefined ? 'runs' : 'answers'
        giveAnswers({ request, batch }, step, state, this.pool)
      } else giveShortly(request, step)
    }
    this.stage = 'runs'
  }

  failed(job: Request, error: unknown): void {
    this.stage = 'runs'
    const runNs = this.pool.turn.refresh() - this.startedAt
    if (this.promised !== null) this.promised.hold = null
    const { isCrash, cause } = failureOf(error, [job, ...(this.batch ?? [])])
    if (isCrash) this.host.failed(job, cause, runNs)
    else this.host.refused(job, cause, runNs)
  }

  /** A job begins when it is given. */
  revoke(): boolean {
    return false
  }

  cancel(): void {
    // The request itself fires `ctx.signal`.
  }

  /** Before a run that has waited for the state, and before one that is repeated, those who have left are taken out. */
  leave({ isCalled }: Request): boolean {
    return !isCalled
  }

  holdsAnswersOf(request: Request): boolean {
    return this.commits && !this.ended && this.has(request)
  }

  startOf(request: Request): Nanos | null {
    return request.isCalled && this.has(request) ? this.startedAt : null
  }

  private has(request: Request): boolean {
    return this.host.inHand.first === request || this.batch?.includes(request) === true
  }

  end(reason: unknown): Eventually<void> {
    this.ended = true
    if (this.promised !== null) this.promised.releaseHold()
    const { status } = this.pool
    const state = readSafely(() => this.state, undefined)
    const ending = { info: this.info, state, reason, poolStops: status.stopping, mailbox: status.mailbox }
    return terminate(this.pool.behaviour, this.pool.facts, ending)
  }
}
