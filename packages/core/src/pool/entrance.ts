import type { Nanos, Turn } from '@genpool/runtime'
import type { Failures } from '../requests/failures'
import type { Request } from '../requests/request'
import { callerScope, type ScopeFactory } from '../requests/scope'
import { watchSignal } from '../requests/watch-signal'
import type { Gate, Refusal } from './ports'
import type { LiveSettings } from './settings'
import type { Status } from './status'

/** One for all pools. */
const NONE: never[] = []

/** What the entrance needs of the pool. */
export interface EntrancePorts {
  readonly turn: Turn
  readonly settings: LiveSettings
  readonly status: Status
  readonly failures: Failures
}

/** What settles the requests that do not get in. */
export interface Refusing {
  /** Settles a request that a gate refused. */
  refused(request: Request, refusal: Refusal, now: Nanos): void
  /** Settles a request whose caller no longer waits. */
  giveUp(request: Request, why: 'cancelled'): void
}

/** What a request passes before it reaches the broker: the pool, its signal or a gate may refuse it. */
export class Entrance {
  /**
   * Whether a request without options has to stop at it: something refuses or measures requests. Set when that changes.
   *
   * Fast path: false for most, and not true. V8 tests whether a field is false with one instruction, and whether it is true with ten.
   */
  guarded = false
  /** Whether requests keep the asynchronous context of their callers. One that is instrumented always does. */
  looksForContext = false
  #gates: readonly Gate[] = NONE
  #instrument: ScopeFactory | null = null
  #scopes: ScopeFactory | null = null

  constructor(
    private readonly pool: EntrancePorts,
    private readonly requests: Refusing,
  ) {
    this.settingsChanged()
  }

  set gates(gates: readonly Gate[]) {
    this.#gates = gates
    this.chooseGuarded()
  }

  get gates(): readonly Gate[] {
    return this.#gates
  }

  /** The scope factory used for tracing; null when not instrumented. */
  set instrument(instrument: ScopeFactory | null) {
    this.#instrument = instrument
    this.settingsChanged()
  }

  get instrument(): ScopeFactory | null {
    return this.#instrument
  }

  settingsChanged(): void {
    const { callerContext } = this.pool.settings.current
    this.looksForContext = callerContext && this.#instrument === null
    this.#scopes = this.#instrument ?? (callerContext ? callerScope : null)
    this.chooseGuarded()
  }

  /** The pool takes nothing new. */
  closed(): void {
    this.chooseGuarded()
  }

  /** Gives a request the scope that it runs in. */
  wrap(request: Request): void {
    const scope = this.#scopes === null ? null : this.#scopes(request)
    if (scope !== null) request.extend().scope = scope
  }

  /** Passes the request by all that may refuse it. False if it is settled. */
  admits(request: Request): boolean {
    // A run that calls share has its scope from the first of them.
    if (this.#instrument !== null && request.scope === null) this.wrap(request)
    const { status, failures } = this.pool
    const fault = status.accepting
      ? watchSignal(request, failures, () => this.requests.giveUp(request, 'cancelled'))
      : failures.closed()
    if (fault === undefined) return this.passesGates(request)
    request.fail(fault)
    return false
  }

  /** The same for a call that shares a run: gates are asked about the run. */
  admitsCaller(call: Request): boolean {
    if (this.#instrument !== null) this.wrap(call)
    const { status, failures } = this.pool
    const fault = status.accepting
      ? watchSignal(call, failures, () => this.requests.giveUp(call, 'cancelled'))
      : failures.closed()
    return fault === undefined || !call.fail(fault)
  }

  private passesGates(request: Request): boolean {
    const now = this.pool.turn.now()
    for (const gate of this.#gates) {
      const refusal = gate.refusal(request, now)
      if (refusal === null) continue
      this.requests.refused(request, refusal, now)
      return false
    }
    return true
  }

  private chooseGuarded(): void {
    this.guarded = this.#gates.length > 0 || this.#instrument !== null || !this.pool.status.accepting
  }
}
