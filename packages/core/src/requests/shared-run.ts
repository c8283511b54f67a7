import { keepShape, type GenPoolError, type Nanos } from '@genpool/runtime'
import type { Handler } from '../behaviours/handler'
import type { Outcome } from './outcome'
import { Request } from './request'
import type { RequestTimes } from './request-facts'
import type { Commit, RequestOwner } from './request-owner'

/** Who keeps the books of calls that share runs. */
export interface CallerBooks {
  readonly owner: RequestOwner<Request>
  /** Reports that such a call has its outcome. Called once. */
  callerSettled(call: SharedCall, outcome: Outcome, error: GenPoolError | undefined): void
}

/** The run that several calls wait for. It has no caller of its own: its outcome is that of all that wait for it then. */
export class SharedRun extends Request {
  readonly callers = new Set<SharedCall>()
  /** Its error, if it has failed. */
  failure: GenPoolError | null = null
  /** What its callers have given as `share`. */
  shareKey: unknown = undefined

  /** The caller that left last, and took the run with it. */
  lastCaller: SharedCall | null = null

  /** The caller for whom its outcome is counted and told; the others are counted for themselves. */
  get teller(): SharedCall | null {
    const [first = this.lastCaller] = this.callers
    return first
  }

  override get timedAs(): Request {
    for (const caller of this.callers) if (caller.deadline === this.deadline) return caller
    return this
  }

  override get askedMessage(): unknown {
    return (this.teller ?? this).message
  }

  override fail(error: GenPoolError): boolean {
    if (this.outcome !== null) return false
    this.failure = error
    if (super.fail(error)) return true
    this.failure = null
    return false
  }

  override giveUpAgain(): void {
    for (const caller of [...this.callers]) caller.giveUpAgain()
  }

  override get wantsProgress(): boolean {
    return true // Callers may come later.
  }

  get deadlineMoves(): boolean {
    return true // For the same reason.
  }

  override progress(value: unknown): boolean {
    let isTold = false
    for (const caller of this.callers) if (caller.progress(value)) isTold = true
    return isTold
  }
}

/**
 * One of the calls that wait for one run. It has a deadline, a signal and an outcome of its own; it is never queued, and no member
 * ever has it.
 */
export class SharedCall extends Request {
  /** Null before it has a run. */
  run: SharedRun | null = null
  /** Whether its outcome is counted and told as that of the run. */
  isCounted = false

  constructor(
    private readonly books: CallerBooks,
    about: { readonly handler: Handler; readonly message: unknown; readonly sentAt: Nanos },
    resolveCaller: (value: unknown) => void,
  ) {
    super(books.owner, 'call', about.handler, about.message, resolveCaller, about.sentAt)
  }

  override get commit(): Commit | null {
    return this.run === null ? null : (this.run.commit ?? (this.isLast ? null : 'shared'))
  }

  override get isCalled(): boolean {
    return this.run?.isCalled === true
  }

  override get runs(): Request {
    return this.run !== null && this.isLast ? this.run : this
  }

  /** Whether nobody else waits for the run. */
  private get isLast(): boolean {
    return this.run?.callers.size === 1 && this.run.callers.has(this)
  }

  /** Takes over how far the run is, for what errors and events say. */
  takeFacts(): void {
    if (this.run === null) return
    this.attempt = this.run.attempt
    const rarely = this.extend()
    rarely.startedAt = this.run.startedAt
    rarely.hold = this.run.rarely?.hold ?? null
  }

  /** Its run may have been held back before it came. */
  override times(): RequestTimes {
    const { waitedMs, ranMs, heldMs } = super.times()
    return { waitedMs, ranMs, heldMs: Math.min(heldMs, waitedMs) }
  }

  protected override settle(outcome: Outcome, error: GenPoolError | undefined): boolean {
    if (this.outcome !== null) return false
    this.outcome = outcome
    this.books.callerSettled(this, outcome, error)
    this.rarely?.settled(outcome, error, this.attempt)
    return true
  }
}

keepShape(new SharedRun({} as never, 'call', {} as never, undefined, null, 0))
keepShape(new SharedCall({} as never, {} as never, () => undefined))
