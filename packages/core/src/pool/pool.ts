import { type Drop, type DropFacts, DroppedError, factsOf, type Maker } from '@genpool/broker'
import {
  type ConcreteSystem,
  Deadlines,
  type GenPoolError,
  type Nanos,
  type Reference,
  type Turn,
} from '@genpool/runtime'
import { dispatch } from 'nact'
import type { Handler } from '../behaviours/handler'
import type { Member } from '../members/member'
import type { Failures } from '../requests/failures'
import type { Outcome } from '../requests/outcome'
import type { Request, RequestOwner } from '../requests/request'
import { callerScope, type ScopeFactory } from '../requests/scope'
import { watchSignal } from '../requests/watch-signal'
import type { Callbacks } from './callbacks'
import type { DeadLetters } from './dead-letters'
import type { Listeners } from './listeners'
import type { Port } from './port'
import type { Counters, Gate, Recorder } from './ports'
import type { ServiceTime } from './service-time'
import type { LiveSettings } from './settings'
import type { Status } from './status'
import type { TurnWork } from './turn-work'

/** What requests pass on their way. */
export interface PoolPorts {
  readonly name: string
  readonly system: ConcreteSystem
  readonly turn: Turn
  readonly settings: LiveSettings
  readonly status: Status
  readonly listeners: Listeners
  readonly recorder: Recorder
  readonly failures: Failures
  readonly callbacks: Callbacks
  readonly deadLetters: DeadLetters
  readonly turnWork: TurnWork
  readonly serviceTime: ServiceTime
}

/**
 * The way of requests through a pool: past the gates to the broker, and from their outcome to the caller. Each is settled exactly
 * once.
 */
export class Pool implements RequestOwner {
  readonly name: string
  readonly turn: Turn
  readonly system: ConcreteSystem
  /** Calls whose handler returned and that will be answered later. */
  readonly awaitingReply = new Set<Request>()
  /** Whether requests go straight to the broker: nothing refuses, measures or wraps them. Set when that changes. */
  #plain = true
  #gates: readonly Gate[] = []
  #instrument: ScopeFactory | null = null
  #scopes: ScopeFactory | null = null
  readonly #deadlines: Deadlines<Request>
  readonly #recorder: Recorder
  readonly #counters: Counters
  readonly #turnWork: TurnWork
  readonly #listeners: Listeners

  constructor(
    private readonly parts: PoolPorts,
    /** Where requests meet members. */
    readonly port: Port,
  ) {
    this.name = parts.name
    this.turn = parts.turn
    this.system = parts.system
    this.#recorder = parts.recorder
    this.#counters = parts.recorder.counters
    this.#turnWork = parts.turnWork
    this.#listeners = parts.listeners
    const { clock } = parts.settings.current
    this.#deadlines = new Deadlines(clock, (request) => this.#withdraw(request, parts.failures.expired(request)))
    this.settingsChanged()
  }

  // --- in ---

  /** Takes a request in: it is matched now, or queued, or refused. */
  submit(request: Request): void {
    this.#counters.accepted++
    this.#turnWork.join()
    if ((request.rarely !== null || !this.#plain) && !this.#admits(request)) return
    this.#ask(request)
    if (request.outcome === null) this.#deadlines.add(request)
  }

  /** Takes a request in for one member and no other. */
  submitTo(member: Member, request: Request): void {
    this.#counters.accepted++
    this.#turnWork.join()
    if (this.#scopes !== null) request.extend().scope = this.#scopes(request)
    if (!this.parts.status.accepting || member.status === 'ended') {
      return void request.fail(this.parts.failures.stopped(request))
    }
    this.#deadlines.add(request)
    member.deliver(request)
  }

  /**
   * Fast path: takes in a message without options or caller, and makes no request of it before its turn comes. False, and nothing
   * done, unless more than a thousand wait.
   */
  pack(make: Maker<Request>, handler: Handler, message: unknown): boolean {
    if (!this.#plain || this.#listeners.matched.length > 0) return false
    if (!this.port.pack(make, message, handler)) return false
    this.#counters.accepted++
    this.#turnWork.join()
    return true
  }

  /** Runs a request again whose member crashed or gave it back. It keeps its deadline, its place and the turn of its key. */
  runAgain(request: Request): void {
    request.runner = null
    if (request.rarely !== null) request.rarely.startedAt = null
    // A pool that drains finishes what it has, and this is part of it.
    if (this.parts.status.stopping) {
      request.fail(this.parts.failures.stopped(request))
      this.port.release(request)
    } else this.port.putBack(request)?.assign(request)
  }

  /** Passes the request by all that may refuse it. False if it is settled. */
  #admits(request: Request): boolean {
    if (this.#scopes !== null) request.extend().scope = this.#scopes(request)
    if (!this.parts.status.accepting) {
      request.fail(this.parts.failures.stopped(request))
      return false
    }
    const { failures } = this.parts
    const fault = watchSignal(request, failures, () => this.#withdraw(request, failures.cancelled(request)))
    if (fault === undefined) return this.#passesGates(request)
    request.fail(fault)
    return false
  }

  #passesGates(entry: Request): boolean {
    const now = this.turn.now()
    for (const gate of this.#gates) {
      const refusal = gate.refusal(entry, now)
      if (refusal === null) continue
      this.dropped({ entry, ...refusal, sojourn: now - entry.sentAt, waiting: this.port.length })
      return false
    }
    return true
  }

  #ask(request: Request): void {
    let member: Member | null
    try {
      member = this.port.ask(request)
    } catch (error) {
      // A user-supplied key function or queue threw.
      return void request.fail(this.parts.failures.refused(request, error))
    }
    if (member !== null) member.assign(request)
  }

  // --- out ---

  settled(request: Request, outcome: Outcome, error: GenPoolError | undefined): void {
    this.#counters.outcomes[outcome]++
    this.#turnWork.join()
    if (request.wheelSlot >= 0) this.#deadlines.remove(request)
    if (this.awaitingReply.size > 0) this.awaitingReply.delete(request)
    if (error !== undefined) this.#recorder.failed(outcome, this.turn.now())
    const { requestSettled } = this.#listeners
    for (let i = 0; i < requestSettled.length; i++) requestSettled[i]?.requestSettled(request, outcome, error)
  }

  /** The broker or a gate gave a request up. */
  dropped(drop: Drop<Request>): void {
    const request = drop.entry
    const retryAfter = drop.retryAfter ?? this.parts.serviceTime.timeFor(drop.waiting, this.turn.now())
    const facts = factsOf({ ...drop, retryAfter })
    this.countDrop(request, facts)
    const crash = request.rarely?.crash ?? null
    if (drop.reason === 'expired') request.fail(this.parts.failures.expired(request))
    // It has run before: nobody may be told that it never was.
    else if (crash !== null) request.fail(crash)
    else request.fail(new DroppedError(this.name, facts))
  }

  countDrop(request: Request, facts: DropFacts): void {
    this.#recorder.dropped(facts.reason, this.turn.now())
    for (const listener of this.#listeners.requestDropped) listener.requestDropped(request, facts)
  }

  lost(request: Request, error: GenPoolError): void {
    this.parts.deadLetters.add(request.message, error)
  }

  sendAnswer(to: Reference, value: unknown): void {
    this.parts.callbacks.callSafely(() => dispatch(to as never, value as never))
  }

  tell(callback: () => unknown): void {
    this.parts.callbacks.tell(callback)
  }

  crashed(request: Request, cause: unknown): GenPoolError {
    return this.parts.failures.crashed(request, cause)
  }

  unanswerable(request: Request, cause: unknown): GenPoolError {
    return this.parts.failures.unanswerable(request, cause)
  }

  clockNow(): Nanos {
    return this.parts.settings.current.clock.now()
  }

  /** Takes a request back whose caller has given up, wherever it is. */
  #withdraw(request: Request, error: GenPoolError): void {
    this.port.remove(request)
    request.fail(error)
  }

  // --- what it depends on ---

  /** At the end of a turn. */
  rest(): void {
    this.#deadlines.rest()
    this.port.rest()
  }

  set gates(gates: readonly Gate[]) {
    this.#gates = gates
    this.#choosePath()
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
    this.#scopes = this.#instrument ?? (this.parts.settings.current.callerContext ? callerScope : null)
    this.#choosePath()
  }

  /** The pool takes nothing new. */
  closed(): void {
    this.#choosePath()
  }

  #choosePath(): void {
    this.#plain = this.#gates.length === 0 && this.#scopes === null && this.parts.status.accepting
  }
}
