import type { GenPoolError, Nanos } from '@genpool/runtime'
import type { Delivery } from '../behaviours/context'
import type { Handler } from '../behaviours/handler'
import type { CheckedBackOff } from '../requests/back-off'
import { type Outcome, outcomeOf, type RequestKind } from '../requests/outcome'
import { Request } from '../requests/request'
import type { RequestOwner } from '../requests/request-owner'

/** What an errand tells, and what it asks before it answers. */
export interface ErrandReports {
  /** Its answer. `answered`: whether there is one to pass on to the sender of a dispatch. */
  answered(errand: Errand, value: unknown, answered: boolean): void
  /** It alone has failed, in or after its run. */
  failed(errand: Errand, error: GenPoolError): void
  progress(errand: Errand, value: unknown): boolean
  /** Its handler asks to hold the queue back. Left out: it is told that this cannot be. */
  backOff?(errand: Errand, backOff: CheckedBackOff): void
  /**
   * The deadline of its run if that may change where its pool is; Infinity if not. It is read at any time. The errand itself has none
   * then: only its pool decides that its caller no longer waits. Left out: it never changes.
   */
  movedDeadlineOf?(errand: Errand): Nanos
  /** Why its caller no longer waits; undefined while it does. Read at any time, in the middle of a handler too. */
  abortOf(errand: Errand): GenPoolError | undefined
}

/** What is known of a request that another thread or process has sent here. */
export interface ErrandFacts {
  readonly id: number
  readonly kind: RequestKind
  readonly handler: Handler
  readonly message: unknown
  readonly sentAt: Nanos
  readonly expectsAnswer: boolean
  readonly delivery?: Delivery | undefined
  /** Whether its caller is told how far it is. */
  readonly wantsProgress: boolean
}

/**
 * The errand whose answer is made ahead, before its commit is known to be done. What settles it then does not count, since the answer is
 * made again after the commit.
 */
export const ahead: { errand: Errand | null; wasSettled: boolean } = { errand: null, wasSettled: false }

/** A request of a pool that is elsewhere, as its handler here sees it. */
export class Errand extends Request {
  readonly id: number
  readonly #expectsAnswer: boolean
  readonly #delivery: Delivery | undefined
  readonly #wantsProgress: boolean

  constructor(
    owner: RequestOwner<Request>,
    { id, kind, handler, message, sentAt, expectsAnswer, delivery, wantsProgress }: ErrandFacts,
    private readonly reports: ErrandReports,
  ) {
    super(owner, kind, handler, message, null, sentAt)
    this.id = id
    this.#expectsAnswer = expectsAnswer
    this.#delivery = delivery
    this.#wantsProgress = wantsProgress
  }

  override get expectsAnswer(): boolean {
    return this.#expectsAnswer
  }

  override get delivery(): Delivery | undefined {
    return this.#delivery
  }

  override reply(value: unknown, answered: boolean): boolean {
    if (this.outcome !== null) return false
    if (ahead.errand === this) return (ahead.wasSettled = true)
    this.#ended('replied', undefined)
    this.reports.answered(this, value, answered)
    return true
  }

  /** Its answer went with its commit. */
  answeredAlready(): void {
    if (this.outcome !== null) return
    this.#ended('replied', undefined)
    if (this.rarely !== null) this.rarely.held = null
  }

  override fail(error: GenPoolError): boolean {
    if (this.outcome !== null) return false
    if (ahead.errand === this) return (ahead.wasSettled = true)
    this.#ended('crashed', error)
    this.abort(error)
    this.reports.failed(this, error)
    return true
  }

  override get wantsProgress(): boolean {
    return this.#wantsProgress
  }

  override progress(value: unknown): boolean {
    return this.#wantsProgress && this.outcome === null && this.reports.progress(this, value)
  }

  /** Passes a back-off on. Returns false if nobody takes it. */
  backedOff(backOff: CheckedBackOff): boolean {
    this.reports.backOff?.(this, backOff)
    return this.reports.backOff !== undefined
  }

  /** Its caller no longer waits: whatever comes of it is ignored. */
  giveUp(reason: GenPoolError): void {
    if (this.outcome !== null) return
    this.#ended('cancelled', reason)
    this.abort(reason)
  }

  /** The same for all of its batch. */
  giveUpAll(reason: GenPoolError): void {
    for (const companion of (this.companions ?? []) as readonly Errand[]) companion.giveUp(reason)
    this.giveUp(reason)
  }

  /** The last deadline of its batch. */
  get lastDeadline(): Nanos {
    return this.runner?.batch?.deadline ?? this.deadline
  }

  /** The same as its pool knows it now. */
  get runDeadline(): Nanos {
    return Math.min(this.lastDeadline, this.reports.movedDeadlineOf?.(this) ?? Infinity)
  }

  private get isAwaited(): boolean {
    return this.runner?.batch?.isAwaited ?? this.outcome === null
  }

  /** Its commit was refused. The pool gives it its outcome. */
  refused(error: unknown): void {
    if (this.outcome === null) this.rarely?.settled(outcomeOf(error), error as GenPoolError, this.attempt)
  }

  #ended(outcome: Outcome, error: GenPoolError | undefined): void {
    this.outcome = outcome
    this.from?.close()
    this.rarely?.settled(outcome, error, this.attempt)
  }

  /** A signal that knows of an abort at once, in the middle of a synchronous loop too. */
  override makeController(): AbortController {
    const controller = super.makeController()
    const { signal } = controller
    const look = (): void => {
      const reason = this.isAwaited ? this.reports.abortOf(this) : undefined
      if (reason !== undefined) this.giveUpAll(reason)
    }
    const prototype = Object.getPrototypeOf(signal) as AbortSignal
    const read = <K extends 'aborted' | 'reason'>(name: K): PropertyDescriptor => ({
      configurable: true,
      get: () => (look(), Reflect.get(prototype, name, signal) as unknown),
    })
    Object.defineProperties(signal, {
      aborted: read('aborted'),
      reason: read('reason'),
      throwIfAborted: { configurable: true, value: () => (look(), prototype.throwIfAborted.call(signal)) },
    })
    return controller
  }
}
