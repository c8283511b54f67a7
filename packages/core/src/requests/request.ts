import { type HoldingLimit, Waiting } from '@genpool/broker'
import {
  type Expiring,
  type GenPoolError,
  type Nanos,
  type Reference,
  type ReplyReference,
  type ReplyTarget,
  withoutContext,
} from '@genpool/runtime'
import type { Delivery } from '../behaviours/context'
import { draftIn } from '../behaviours/ended-drafts'
import type { Handler } from '../behaviours/handler'
import { isNoAnswer, isPromised, letGo } from '../behaviours/answerable'
import type { BackOffOptions, RunAgain } from '../behaviours/run-again'
import { backOff } from './back-off'
import { EXACT_WITHIN } from './deadline'
import { Failure } from './failure'
import { isGivenUp, type Outcome, outcomeOf, type RequestKind } from './outcome'
import { afterProgress, tellProgress } from './progress'
import { answerLater } from './promised-answer'
import { Rarely } from './rarely'
import { refuseAnswer } from './refused-answer'
import type { Commit, RequestOwner, Runner } from './request-owner'
import type { RequestFacts, RequestTimes } from './request-facts'
import { timesUntil } from './request-times'
import type { Scope } from './scope'
import { NO_TRIES, type Tries } from './tries'

/**
 * One message on its way through a pool: a waiting entry, a deadline and a caller in one object.
 *
 * `outcome` is null until it is settled, and is set once. A method with `#` would cost 8 bytes in each request.
 */
export class Request extends Waiting implements Expiring, ReplyTarget, RequestFacts {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  outcome: Outcome | null = null
  runner: Runner<Request> | null = null
  attempt = 0
  rarely: Rarely | null = null
  /** Its reply address, after a handler has asked for it. */
  from: ReplyReference | null = null

  constructor(
    readonly owner: RequestOwner<Request>,
    readonly kind: RequestKind,
    public handler: Handler,
    public message: unknown,
    /** Resolves the caller's promise, also with a `Failure`: a second function would cost 72 bytes. Null without a caller. */
    private readonly resolveCaller: ((value: unknown) => void) | null,
    sentAt: Nanos,
  ) {
    super(sentAt)
  }

  get pool(): string {
    return this.owner.name
  }

  get type(): string {
    return this.handler.type
  }

  /** The value in which a fair queue finds the key. */
  override get subject(): unknown {
    return this.message
  }

  get askedMessage(): unknown {
    return this.message
  }

  get sender(): Reference | null {
    return this.rarely === null ? null : this.rarely.sender
  }

  get before(): Readonly<Tries> {
    return this.rarely ?? NO_TRIES
  }

  get scope(): Scope | null {
    return this.rarely === null ? null : this.rarely.scope
  }

  /** How it was delivered, for one that somebody keeps until it is done. */
  get delivery(): Delivery | undefined {
    return undefined
  }

  get expectsAnswer(): boolean {
    return this.resolveCaller !== null
  }

  get answerer(): RequestFacts['answerer'] {
    const { answers } = this.handler
    if (answers === 'dispatch') return answers
    if (answers !== 'step' || this.from !== null) return 'from'
    return this.rarely?.halts === true ? 'halt' : 'nobody'
  }

  /** Whether its deadline is so far away that it has not passed, whatever the clock says. Infinity is. */
  isFarFrom(now: Nanos): boolean {
    return this.deadline - now >= EXACT_WITHIN
  }

  /** Whether its result is no longer wanted; its commit must then be refused. */
  get abandoned(): boolean {
    return this.outcome !== null && this.outcome !== 'replied'
  }

  /** What its member has committed, may have or may yet, although it has no answer; null if nothing. */
  get commit(): Commit | null {
    const { runner } = this
    if (this.rarely !== null && this.rarely.committed === true) return 'done'
    if (runner === null) return null
    if (runner.hasCommitted?.(this) === true) return 'done'
    if (runner.isWriting(this)) return 'written'
    return runner.batch?.goesOnWithout(this) === true ? 'shared' : null
  }

  /** The request whose run ends if this one gives up: of calls that share a run, the last one ends the run. */
  get runs(): Request {
    return this
  }

  /** The request whose timeout it has: of a run that calls share, the call with the latest deadline. */
  get timedAs(): Request {
    return this
  }

  /** Whether its worker is gone, and it waits for the end of its commit. */
  get isLeft(): boolean {
    return false
  }

  /** The other requests of its batch; null if its handler takes one message. */
  get companions(): readonly Request[] | null {
    if (this.handler.batch === 0) return null
    return (this.rarely?.companions as readonly Request[] | undefined) ?? []
  }

  /** Whether a handler was called for it, and it has not come back since to wait for its next run. */
  get isCalled(): boolean {
    return this.attempt > (this.rarely === null ? 0 : this.rarely.attemptsBefore)
  }

  /** Its run is over, and it waits for the next one. */
  waitsAgain(): void {
    if (this.attempt === 0) return
    const rarely = this.extend()
    rarely.startedAt = null
    rarely.attemptsBefore = this.attempt
  }

  get startedAt(): Nanos | null {
    return this.rarely?.startedAt ?? this.runner?.startOf(this) ?? null
  }

  times(): RequestTimes {
    return timesUntil(this.owner.clockNow(), this.cameAt, this)
  }

  get heldBy(): HoldingLimit | undefined {
    return this.rarely?.hold?.limit
  }

  /** nact calls this when it dispatches to the temporary address. It dispatches a promise as it is, so that is waited for. */
  resolve(value: unknown): void {
    this.answerNow(value)
  }

  /** Answers it, now or with the commit of the handler that runs it. Returns whether this was the answer. */
  answer(value: unknown): boolean {
    if (!isNoAnswer(value)) return this.answerNow(value)
    letGo([value])
    return !this.isAnswered && refuseAnswer<Request>(this, value)
  }

  private answerNow(value: unknown): boolean {
    if (this.isAnswered) {
      letGo([value])
      return false
    }
    if (this.runner?.holdsAnswersOf(this) !== true) return this.give(value)
    this.extend().held = { value }
    return true
  }

  /** Whether it has its outcome, or an answer that waits for a commit or is a promise. */
  private get isAnswered(): boolean {
    const { rarely } = this
    if (this.outcome !== null || rarely === null) return this.outcome !== null
    return rarely.promised !== null || (rarely.held !== null && this.runner?.holdsAnswersOf(this) === true)
  }

  /** Gives an answer that waits for no commit any more. A promise is waited for, until the deadline. */
  give(value: unknown): boolean {
    if (isPromised(value)) return answerLater<Request>(this, value)
    const draft = draftIn(value)
    return draft === undefined ? this.reply(value, true) : this.fail(this.owner.failures.unanswerable(this, draft))
  }

  committed(): void {
    this.extend().committed = true
  }

  /** Settles it with the answer that a worker gives after its commit. A promise is refused, and a step. */
  succeed(value: unknown, answered: boolean): boolean {
    if (!isNoAnswer(value)) return this.reply(value, answered)
    letGo([value])
    this.extend().committed ??= true
    return this.fail(this.owner.failures.noAnswer(this, value))
  }

  /**
   * Settles it with an answer that is known to be no promise.
   *
   * @param answered whether there is an answer to pass on to the sender of a dispatch
   */
  reply(value: unknown, answered: boolean): boolean {
    if (!this.settle('replied', undefined)) return false
    if (this.resolveCaller !== null) afterProgress(this, this.resolveCaller)(value)
    else if (answered && this.sender !== null) this.passOn(this.sender, value)
    return true
  }

  /** Apart from `reply`: where a closure stands, V8 makes room for what it holds, also for a call that makes none. */
  private passOn(sender: Reference, value: unknown): void {
    this.within(() => this.owner.sendAnswer(sender, value))
  }

  fail(error: GenPoolError): boolean {
    if (this.outcome !== null) return false
    if (isGivenUp(error) && this.runner?.giveUp(this) === false) return false
    if (!this.settle(outcomeOf(error), error)) return false
    this.abort(error)
    this.runner?.gaveUp(this, error)
    if (this.resolveCaller !== null) this.owner.tellFailure(afterProgress(this, this.resolveCaller), new Failure(error))
    else {
      this.extend().error = error
      this.owner.lost(this, error)
    }
    return true
  }

  /** Its run has ended without an answer: it fails if its caller has given up before, when that was refused. */
  giveUpAgain(): void {
    if (this.rarely !== null && this.outcome === null) this.rarely.givesUp?.()
  }

  /** Fires `ctx.signal`: that of a batch when nobody waits for it any more. */
  protected abort(error: GenPoolError): void {
    const batch = this.runner?.batch
    if (batch?.isAwaited === true) return
    const controller = (batch?.first ?? this).rarely?.controller ?? null
    if (controller !== null) this.within(() => controller.abort(error))
  }

  within<T>(work: () => T): T {
    return this.scope === null ? withoutContext(work) : this.scope.within(work)
  }

  get wantsProgress(): boolean {
    return typeof this.rarely?.onProgress === 'function'
  }

  progress(value: unknown): boolean {
    return tellProgress(this, value)
  }

  backOff(ms: number, options?: BackOffOptions): RunAgain | undefined {
    const again = backOff<Request>(this, ms, options)
    this.extend().hasBackedOff = true
    return again
  }

  extend(): Rarely {
    return (this.rarely ??= new Rarely())
  }

  /** Makes the controller of `ctx.signal`, when a handler first reads that. */
  makeController(): AbortController {
    const controller = new AbortController()
    if (this.abandoned && this.runner?.batch?.isAwaited !== true) controller.abort()
    return controller
  }

  /** Gives it its outcome. False if it has one. */
  protected settle(outcome: Outcome, error: GenPoolError | undefined): boolean {
    if (this.outcome !== null) return false
    this.outcome = outcome
    this.owner.settled(this, outcome, error)
    if (this.rarely !== null) this.rarely.settled(outcome, error, this.attempt)
    if (this.from !== null) this.from.close()
    return true
  }
}
