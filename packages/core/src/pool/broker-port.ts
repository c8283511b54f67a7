import { createBroker } from '@genpool/broker'
import type { Broker, BrokerHooks, Drop, EngineOptions, Maker, Match } from '@genpool/broker'
import { type Clock, type Nanos, type Turn, WakeTimer } from '@genpool/runtime'
import { NO_DECISION } from '../hot-imports'
import type { Member } from '../members/member'
import type { CheckedBackOff } from '../requests/back-off'
import { leaveTurn } from '../requests/latest-cast'
import type { Request } from '../requests/request'
import { keepLimitedRequests } from '../requests/request-shapes'
import { BrokerFigures } from './broker-figures'
import type { Holds } from './holds'
import type { Listeners } from './listeners'
import type { IdleMembers, Port } from './port'
import { takeBatch } from './take-batch'

/** The result of a call of the engine that threw. */
const FAILED = Symbol('failed')

/** What a pool's own broker needs of it. */
export interface BrokerPorts {
  readonly clock: Clock
  readonly turn: Turn
  readonly listeners: Listeners
  readonly callbacks: { random(): number }
  readonly holds: Holds
  /** Whether a member may wait for a request while it has others. */
  readonly worksAhead: boolean
  readonly pool: {
    dropped(drop: Drop<Request>): void
    /** The queue threw when this request came back. */
    lostByQueue(request: Request): void
  }
  /** The queue of members dropped one that waited. */
  seatDropped(member: Member): void
  /** A queue threw, so that what it holds is unknown. */
  queueFailed(error: unknown): void
}

/**
 * A pool's own broker: the shell around a matching engine. It hands in the time, arms the timer, delivers the drops.
 *
 * A queue may be the user's. If it throws while it takes a request in, that request is refused with what it threw; if it throws
 * otherwise, what it holds is unknown, and `queueFailed` is called.
 */
export class BrokerPort extends BrokerFigures implements Port, BrokerHooks<Request, Member> {
  readonly isShared = false
  protected readonly engine: Broker<Request, Member>
  protected readonly turn: Turn
  private readonly listeners: Listeners
  /** Made with the first wake-up. */
  private timer: WakeTimer | null = null
  /** Whether there is a rate, or are limits per key, or was a back-off: then each request is released, and more matches may follow any call. */
  private limited = false

  constructor(
    options: EngineOptions,
    protected readonly kernel: BrokerPorts,
  ) {
    super()
    this.turn = kernel.turn
    this.listeners = kernel.listeners
    this.engine = createBroker<Request, Member>(options, this.turn.now(), this)
    this.lookForLimits()
  }

  random(): number {
    return this.kernel.callbacks.random()
  }

  get holds(): Holds {
    return this.kernel.holds
  }

  get comesBack(): boolean {
    return this.kernel.worksAhead
  }

  backOff(entry: Request, { key, again }: CheckedBackOff, until: Nanos): unknown {
    const scope = again ? { entry, key, again: entry.runner?.batch?.requests ?? [entry] } : { entry, key }
    const held = this.engine.backOff(scope, until, this.turn.now())
    this.lookForLimits()
    this.act()
    return held
  }

  ask(request: Request): Member | null {
    const member = this.engine.ask(request, this.turn.now())
    if (this.engine.decision !== NO_DECISION) this.act()
    if (this.listeners.matched.length > 0) this.tellMatched()
    return member
  }

  get idleMembers(): IdleMembers | null {
    return this.kernel.worksAhead ? null : this.engine
  }

  get packs(): boolean {
    return this.engine.packs
  }

  pack(make: Maker<Request>, message: unknown, about: unknown, caller: unknown): boolean {
    return this.engine.pack(make, message, about, this.turn.now(), caller)
  }

  takePacked(member: Member): Request | null {
    const next = this.listeners.matched.length > 0 ? null : this.engine.takePacked(this.turn.now())
    if (next !== null) next.runner = member
    return next
  }

  get takenPack(): unknown {
    return this.engine.takenPack
  }

  takeInto(cast: Request, pack: unknown): boolean {
    return this.engine.takeInto(cast, pack, this.turn.now())
  }

  askR(member: Member): Request | null {
    const now = this.turn.now()
    member.sentAt = now
    let request: Request | null
    try {
      request = this.engine.askR(member, now)
    } catch (error) {
      this.kernel.queueFailed(error)
      return null
    }
    const hasMore = this.engine.decision !== NO_DECISION && this.carryOut()
    if (this.listeners.matched.length > 0) this.tellMatched()
    if (!hasMore) return request
    // What is matched next comes after it.
    if (request !== null) member.assign(request)
    this.matchMore()
    return null
  }

  takeBatch(member: Member, first: Request, limit: number): readonly Request[] {
    return takeBatch(this, { member, first, limit })
  }

  takeNext(): Request | null {
    return this.try(() => this.engine.take(this.turn.now()), null)
  }

  release(request: Request): void {
    if (request.key !== undefined || this.limited) this.releaseHeld(request)
  }

  private releaseHeld(request: Request): void {
    let match: Match<Request, Member> | null
    try {
      match = this.engine.release(request, this.turn.now(), request.isCalled)
    } catch (error) {
      return this.kernel.queueFailed(error)
    }
    const hasMore = this.engine.decision !== NO_DECISION && this.carryOut()
    leaveTurn(request)
    if (match !== null) match.askR.assign(match.ask)
    // After it: members run what they are assigned in that order.
    if (hasMore) this.matchMore()
  }

  putBack(request: Request, ran: boolean): Member | null {
    const member = this.try(() => this.engine.putBack(request, this.turn.now(), ran), FAILED)
    if (member !== FAILED) return member
    // It is in no list that is failed when the pool stops.
    this.kernel.pool.lostByQueue(request)
    return null
  }

  waits(request: Request): boolean {
    return request.list !== null
  }

  move(request: Request, priority: number): void {
    this.try(() => this.engine.move(request, priority, this.turn.now()), false)
  }

  moveDeadline(request: Request, deadline: Nanos): void {
    request.deadline = deadline
  }

  check(request: Request): void {
    this.engine.check(request)
  }

  remove(entry: Request | Member): boolean {
    return this.try(() => this.engine.remove(entry, this.turn.now()), false)
  }

  finished(runNs: Nanos, now: Nanos): void {
    this.engine.finished(runNs, now)
  }

  configure(options: EngineOptions): void {
    this.engine.configure(options, this.kernel.turn.refresh())
    this.lookForLimits()
    this.act()
  }

  drain(): readonly Request[] {
    return this.try(() => this.engine.drain(this.turn.now()), [])
  }

  rest(): void {
    if (this.timer === null) return
    const { length, decision } = this.engine
    // Members that wait for work hold no process; callers do.
    this.timer.rest(length > 0 || decision.wakeAt !== null, length > 0)
  }

  close(): void {
    this.timer?.cancel()
  }

  private lookForLimits(): void {
    this.limited = this.engine.isLimited
    if (this.limited) keepLimitedRequests()
  }

  /** Does what the engine decided in its last call. */
  private act(): void {
    if (this.carryOut()) this.matchMore()
  }

  /** The same, without further matches. Returns whether there may be some. */
  private carryOut(): boolean {
    const { dropped, droppedR, wakeAt } = this.engine.decision
    if (dropped.length > 0 || droppedR.length > 0) this.deliver(dropped, droppedR)
    if (wakeAt !== null) this.wakeAt(wakeAt)
    return this.limited && this.engine.mayMatch(this.turn.now())
  }

  /** Delivers the matches that limits allow now. */
  private matchMore(): void {
    try {
      for (;;) {
        const match = this.engine.match(this.turn.now())
        const { dropped, droppedR, wakeAt } = this.engine.decision
        if (dropped.length > 0 || droppedR.length > 0) this.deliver(dropped, droppedR)
        if (wakeAt !== null) this.wakeAt(wakeAt)
        if (match === null) return
        match.askR.assign(match.ask)
        if (this.listeners.matched.length > 0) this.tellMatched()
      }
    } catch (error) {
      this.kernel.queueFailed(error)
    }
  }

  private deliver(dropped: readonly Drop<Request>[], droppedR: readonly Drop<Member>[]): void {
    for (const drop of dropped) this.kernel.pool.dropped(drop)
    for (const drop of droppedR) this.kernel.seatDropped(drop.entry)
  }

  private tellMatched(): void {
    for (const listener of this.listeners.matched) listener.matched(this.idle)
  }

  private wakeAt(at: Nanos): void {
    this.timer ??= this.makeTimer()
    this.timer.wakeAt(at, this.engine.length > 0)
  }

  private makeTimer(): WakeTimer {
    return new WakeTimer(this.kernel.clock, () =>
      this.try(() => this.engine.timeout(this.kernel.turn.refresh()), undefined),
    )
  }

  /** Calls the engine, and does what it decided. */
  private try<T, O>(operation: () => T, otherwise: O): T | O {
    let result: T
    try {
      result = operation()
    } catch (error) {
      this.kernel.queueFailed(error)
      return otherwise
    }
    this.act()
    return result
  }
}
