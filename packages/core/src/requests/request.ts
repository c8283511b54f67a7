import { Waiting } from '@genpool/broker'
import {
  type ConcreteSystem,
  type Expiring,
  type GenPoolError,
  type Nanos,
  type Reference,
  type ReplyTarget,
  type Turn,
} from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import { draftIn } from '../behaviours/ended-drafts'
import type { Handler } from '../behaviours/handler'
import type { PoolFacts } from '../behaviours/pool-facts'
import { type Outcome, outcomeOf, type RequestKind } from './outcome'
import { Rarely } from './rarely'
import { msBetween, type RequestFacts, type RequestTimes } from './request-facts'

/** The pool of a request, as the request sees it. */
export interface RequestOwner {
  readonly name: string
  readonly turn: Turn
  readonly system: ConcreteSystem
  /** Reads the clock, without touching the measurements of the turn. */
  clockNow(): Nanos
  /** Reports that the request has its outcome. Called once. */
  settled(request: Request, outcome: Outcome, error: GenPoolError | undefined): void
  /** Reports that a request without a caller has failed. */
  lost(request: Request, error: GenPoolError): void
  sendAnswer(to: Reference, value: unknown): void
  /** Calls something of the caller's, after what runs now. */
  tell(callback: () => unknown): void
  /** Makes the error of a request whose handler failed with `cause`. */
  crashed(request: Request, cause: unknown): GenPoolError
  /** The error of a request whose answer cannot be given. */
  unanswerable(request: Request, cause: unknown): GenPoolError
}

/** The member that has a request, as the request sees it. */
export interface Runner {
  readonly info: MemberInfo
  readonly facts: PoolFacts
  /** Whether its runs end with a commit, for which answers and effects wait. */
  readonly commits: boolean
  /** Whether an answer given now must wait for a commit. */
  holdsAnswersOf(request: Request): boolean
  /** When it started to run the request; null if it has not started, or no longer runs it. */
  startOf(request: Request): Nanos | null
  /** Reports that the request was settled with `error` while this member had it. */
  gaveUp(request: Request, error: GenPoolError): void
}

/**
 * One message on its way through a pool: a waiting entry, a deadline and a caller in one object.
 *
 * `outcome` is null until it is settled, and is set once.
 */
export class Request extends Waiting implements Expiring, ReplyTarget, RequestFacts {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  outcome: Outcome | null = null
  runner: Runner | null = null
  attempt = 0
  rarely: Rarely | null = null

  constructor(
    readonly owner: RequestOwner,
    readonly kind: RequestKind,
    public handler: Handler,
    public message: unknown,
    /**
     * Resolves the caller's promise; null without a caller. A failure goes the same way, as a rejected promise: a waiting
     * call without a second function is 72 bytes smaller.
     */
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

  get crashesBefore(): number {
    return this.rarely?.crashes ?? 0
  }

  get expectsAnswer(): boolean {
    return this.resolveCaller !== null
  }

  /** Whether its result is no longer wanted; its commit must then be refused. */
  get abandoned(): boolean {
    return this.outcome !== null && this.outcome !== 'replied'
  }

  /** The other requests of its batch; null if its handler takes one message. */
  get companions(): readonly Request[] | null {
    if (this.handler.batch === 0) return null
    return (this.rarely?.companions as readonly Request[] | undefined) ?? []
  }

  get startedAt(): Nanos | null {
    return this.rarely?.startedAt ?? this.runner?.startOf(this) ?? null
  }

  times(): RequestTimes {
    const now = this.owner.clockNow()
    const { startedAt } = this
    if (startedAt === null) return { waitedMs: msBetween(this.sentAt, now), ranMs: 0 }
    return { waitedMs: msBetween(this.sentAt, startedAt), ranMs: msBetween(startedAt, now) }
  }

  /** nact calls this when it dispatches to the temporary address. */
  resolve(value: unknown): void {
    this.answer(value)
  }

  /** Answers it, now or with the commit of the handler that runs it. Returns whether this was the answer. */
  answer(value: unknown): boolean {
    if (this.outcome !== null) return false
    if (this.runner !== null && this.runner.holdsAnswersOf(this)) {
      const rarely = this.extend()
      if (rarely.held !== null) return false
      rarely.held = { value }
      return true
    }
    const draft = draftIn(value)
    return draft === undefined ? this.succeed(value, true) : this.fail(this.owner.unanswerable(this, draft))
  }

  /** @param answered whether there is an answer to pass on to the sender of a dispatch */
  succeed(value: unknown, answered: boolean): boolean {
    if (!this.#settle('replied', undefined)) return false
    if (this.resolveCaller !== null) this.resolveCaller(value)
    else if (answered && this.rarely?.sender) this.owner.sendAnswer(this.rarely.sender, value)
    return true
  }

  fail(error: GenPoolError): boolean {
    if (!this.#settle(outcomeOf(error), error)) return false
    this.rarely?.controller?.abort(error)
    this.runner?.gaveUp(this, error)
    if (this.resolveCaller !== null) this.resolveCaller(Promise.reject(error))
    else {
      this.extend().error = error
      this.owner.lost(this, error)
    }
    return true
  }

  progress(value: unknown): boolean {
    const onProgress = this.rarely?.onProgress
    if (this.outcome !== null || onProgress === null || onProgress === undefined) return false
    this.owner.tell(() => onProgress(value))
    return true
  }

  extend(): Rarely {
    return (this.rarely ??= new Rarely())
  }

  #settle(outcome: Outcome, error: GenPoolError | undefined): boolean {
    if (this.outcome !== null) return false
    this.outcome = outcome
    this.owner.settled(this, outcome, error)
    if (this.rarely !== null) {
      this.rarely.scope?.settled(outcome, error)
      detach(this.rarely)
    }
    return true
  }
}

/** Detaches a settled request from its reply address and its signal. */
function detach({ from, unwatch }: Rarely): void {
  from?.close()
  unwatch?.()
}
