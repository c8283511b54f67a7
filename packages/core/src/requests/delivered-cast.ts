import type { GenPoolError } from '@genpool/runtime'
import type { Delivery } from '../behaviours/context'
import { letGo } from '../behaviours/answerable'
import type { Handler } from '../behaviours/handler'
import { isGivenUp, type Outcome } from './outcome'
import { Request } from './request'
import type { Commit, RequestOwner } from './request-owner'

/** What becomes of a delivered cast: told once. */
export interface DeliveryEnd {
  /** @param error why it failed; undefined if it is done. @param runs how many times a handler ran for it */
  (error: GenPoolError | undefined, runs: number): void
}

/** The pool of a delivered cast. */
interface Delivered {
  /** Takes a request back, wherever it is. */
  giveUp(request: Request, why: 'cancelled'): void
  readonly deadlines: { remove(request: Request): void }
  readonly failures: Record<'cancelled' | 'stopped', (request: Request) => GenPoolError>
}

/** A cast that somebody keeps until it is done: who delivers it is told what became of it, and the pool counts it as no lost message. */
export class DeliveredCast extends Request {
  constructor(
    owner: RequestOwner<Request> & Delivered,
    {
      handler,
      message,
      delivery,
    }: { readonly handler: Handler; readonly message: unknown; readonly delivery: Delivery },
    private readonly ended: DeliveryEnd,
  ) {
    super(owner, 'cast', handler, message, ignore, owner.turn.now())
    this.#delivery = delivery
    this.#pool = owner
  }

  readonly #pool: Delivered

  readonly #delivery: Delivery

  override get delivery(): Delivery {
    return this.#delivery
  }

  /** Why it is to end if its commit comes to nothing, which was being written; null for its deadline, or if nothing ends it. */
  #ending: 'cancelled' | 'stopped' | null = null

  #isLeft = false

  override get isLeft(): boolean {
    return this.#isLeft
  }

  override get commit(): Commit | null {
    return this.#isLeft ? 'written' : super.commit
  }

  /** Its worker is gone. Run again it might count twice: it waits for the end of its commit. */
  awaitCommit(): ((error: GenPoolError | undefined) => void) | null {
    if (this.outcome !== null) return null
    this.#isLeft = true
    return (error) => {
      this.#isLeft = false
      if (error === undefined) this.succeed(undefined, false)
      else super.fail(error)
    }
  }

  /** Ends it: it may be somebody else's now. */
  cancel(): void {
    this.#pool.giveUp(this, 'cancelled')
  }

  /** Ends it if it waits for a member, and no handler has had it. Returns whether it did. */
  takeBack(): boolean {
    if (this.outcome !== null || this.runner !== null || this.isCalled) return false
    this.cancel()
    return true
  }

  /**
   * While its commit is being written, or is that of a batch in which others stay, nobody knows whether it is done: it waits for that, or it would run again, and count twice. If the
   * commit comes to nothing, it fails then.
   */
  override fail(error: GenPoolError): boolean {
    const { code } = error
    if (this.outcome !== null || code === 'ERR_GENPOOL_CRASHED') return super.fail(error)
    const { commit } = this
    if (commit === 'written' || (commit === 'shared' && isGivenUp(error))) return this.#failLater(code)
    if (this.#ending === null || code !== 'ERR_GENPOOL_EXPIRED') return super.fail(error)
    return super.fail(this.#pool.failures[this.#ending](this))
  }

  #failLater(code: string): false {
    if (code === 'ERR_GENPOOL_EXPIRED') return false
    this.#ending ??= code === 'ERR_GENPOOL_CANCELLED' ? 'cancelled' : 'stopped'
    // Its handler does not run again.
    this.#pool.deadlines.remove(this)
    this.deadline = -Infinity
    return false
  }

  /** Nobody waits for an answer: it is done when its handler is. */
  override get expectsAnswer(): boolean {
    return false
  }

  protected override settle(outcome: Outcome, error: GenPoolError | undefined): boolean {
    if (!super.settle(outcome, error)) return false
    this.owner.tell(() => this.ended(error, this.attempt))
    return true
  }
}

/** Answers, and failures as rejected promises: who delivers it is told in another way. */
function ignore(value: unknown): void {
  letGo([value])
}
