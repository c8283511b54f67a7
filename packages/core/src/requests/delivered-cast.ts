import type { GenPoolError } from '@genpool/runtime'
import type { Delivery } from '../behaviours/context'
import { letGo } from '../behaviours/answerable'
import type { Handler } from '../behaviours/handler'
import type { Outcome } from './outcome'
import { Request } from './request'
import type { RequestOwner } from './request-owner'

/** What becomes of a delivered cast: told once. */
export interface DeliveryEnd {
  /** @param error why it failed; undefined if it is done. @param runs how many times a handler ran for it */
  (error: GenPoolError | undefined, runs: number): void
}

/** Takes a request back, wherever it is. */
interface Withdrawing {
  giveUp(request: Request, why: 'cancelled'): void
}

/** A cast that somebody keeps until it is done: who delivers it is told what became of it, and the pool counts it as no lost message. */
export class DeliveredCast extends Request {
  constructor(
    owner: RequestOwner<Request> & Withdrawing,
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

  readonly #pool: Withdrawing

  readonly #delivery: Delivery

  override get delivery(): Delivery {
    return this.#delivery
  }

  /** Ends it: it may be somebody else's now. */
  cancel(): void {
    this.#pool.giveUp(this, 'cancelled')
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
