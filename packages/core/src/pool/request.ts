import { Waiting } from '@genpool/broker'
import {
  type Expiring,
  type GenPoolError,
  isGenPoolError,
  type Nanos,
  type Reference,
  type ReplyReference,
  type ReplyTarget,
} from '@genpool/runtime'
import type { Route } from '../behaviours/program'
import type { Member } from './member'
import type { Pool } from './pool'
import type { Scope } from './scope'

/** How a request came in, which decides who is told of its outcome, and how. */
export type RequestKind = 'call' | 'cast' | 'query' | 'dispatch' | 'direct'

/** What can become of a request. Each gets exactly one. */
export type Outcome = 'replied' | 'dropped' | 'expired' | 'cancelled' | 'crashed' | 'conflict' | 'invalid' | 'stopped'

/** What only some requests need, so that the others stay small. */
export class Extras {
  /** Who sent a dispatch. */
  sender: Reference | null = null
  signal: AbortSignal | null = null
  onAbort: (() => void) | null = null
  /** Behind `ctx.signal`, once a handler has looked at it. */
  controller: AbortController | null = null
  /** The address that answers this request, once somebody has asked for it. */
  from: ReplyReference | null = null
  /** Given by the handler before its commit; released with it. */
  held: { readonly value: unknown } | null = null
  effects: ((state: unknown) => void)[] | null = null
  /** When its work was begun, if its member has gone on while the answer is still to come. */
  startedAt: Nanos | null = null
  /** What surrounds the work on it, if the pool has it so. */
  scope: Scope | null = null
  /** How many members it has crashed. */
  crashes = 0
  /** The trial of the circuit breaker that it is a probe of; 0 for none. */
  trial = 0
}

/**
 * One message on its way through a pool: a waiting entry, a deadline and a caller in one object.
 *
 * `outcome` is null until it is settled, and is set once.
 */
export class Request extends Waiting implements Expiring, ReplyTarget {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  outcome: Outcome | null = null
  /** Who runs it, or ran it last. */
  member: Member | null = null
  attempt = 0
  extras: Extras | null = null

  constructor(
    readonly pool: Pool,
    readonly kind: RequestKind,
    public route: Route,
    public message: unknown,
    /**
     * Resolves the caller's promise; null if nobody waits. A failure goes the same way, as a rejected promise: a waiting
     * call that keeps no second function is 72 bytes smaller.
     */
    private readonly resolveCaller: ((value: unknown) => void) | null,
    sentAt: Nanos,
  ) {
    super(sentAt)
  }

  /** What a fair queue tells requests apart by. */
  override get subject(): unknown {
    return this.message
  }

  /** Whether somebody waits for an answer. */
  get expectsAnswer(): boolean {
    return this.resolveCaller !== null
  }

  /** Whether its result is no longer wanted: a commit must be refused. */
  get abandoned(): boolean {
    return this.outcome !== null && this.outcome !== 'replied'
  }

  /** nact dispatches to a temporary address by calling this. */
  resolve(value: unknown): void {
    this.answer(value)
  }

  /** Answers it, now or with the commit of the handler that runs it. Returns whether this was the answer. */
  answer(value: unknown): boolean {
    if (this.outcome !== null) return false
    if (this.member !== null && this.member.holdsAnswersOf(this)) {
      const extras = this.extend()
      if (extras.held !== null) return false
      extras.held = { value }
      return true
    }
    return this.succeed(value, true)
  }

  /** @param answered whether there is an answer to pass on to the sender of a dispatch */
  succeed(value: unknown, answered: boolean): boolean {
    if (!this.#settle('replied', undefined)) return false
    if (this.resolveCaller !== null) this.resolveCaller(value)
    else if (answered && this.extras?.sender) this.pool.sendAnswer(this.extras.sender, value)
    return true
  }

  fail(error: GenPoolError): boolean {
    if (!this.#settle(outcomeOf(error), error)) return false
    this.extras?.controller?.abort(error)
    if (this.resolveCaller !== null) this.resolveCaller(Promise.reject(error))
    else this.pool.intake.lost(this, error)
    return true
  }

  extend(): Extras {
    return (this.extras ??= new Extras())
  }

  #settle(outcome: Outcome, error: GenPoolError | undefined): boolean {
    if (this.outcome !== null) return false
    this.outcome = outcome
    this.pool.settled(this, outcome, error)
    if (this.extras !== null) {
      this.extras.scope?.settled(outcome, error)
      letGo(this.extras)
    }
    return true
  }
}

/** Nobody answers it any more, and nobody gives it up. */
function letGo({ from, signal, onAbort }: Extras): void {
  from?.close()
  if (onAbort !== null) signal?.removeEventListener('abort', onAbort)
}

const OUTCOMES = {
  ERR_GENPOOL_DROPPED: 'dropped',
  ERR_GENPOOL_EXPIRED: 'expired',
  ERR_GENPOOL_CANCELLED: 'cancelled',
  ERR_GENPOOL_CRASHED: 'crashed',
  ERR_GENPOOL_CONFLICT: 'conflict',
  ERR_GENPOOL_INVALID: 'invalid',
  ERR_GENPOOL_STOPPED: 'stopped',
  ERR_GENPOOL_OPTIONS: 'invalid',
} as const

function outcomeOf(error: unknown): Outcome {
  return isGenPoolError(error) ? OUTCOMES[error.code] : 'crashed'
}
