import { Waiting } from '@genpool/broker'
import type { GenPoolError, Nanos } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import type { Eventually } from '../behaviours/eventually'
import type { PoolFacts } from '../behaviours/pool-facts'
import { hasPassed } from '../requests/deadline'
import type { Request } from '../requests/request'
import type { Runner } from '../requests/request-owner'
import type { Started, Worker, WorkerFactory, WorkerSeat } from '../work/worker'
import type { Crew, TurnWork, WorkSource } from './crew'
import { Departure, type Departing } from './departure'
import { giveBackFrom } from './give-back'
import { Hand } from './hand'
import { IdleTimer } from './idle-timer'
import { OwnMessages } from './own-messages'
import { type Reported, WorkerReports } from './worker-reports'

/** What a member does now. */
export type MemberStatus = 'starting' | 'idle' | 'busy' | 'ended'

/**
 * A member: takes one message at a time, gives it to its worker, and asks for the next when the worker reports.
 *
 * It decides what is run and when; its worker runs it. A worker with more depth gets several messages ahead. A member lives
 * once: when it ends, another object takes its slot, so that a late report is never taken for the work of its successor. It is
 * its own entry in the queue of members that wait for work.
 */
export class Member extends Waiting implements Runner<Request>, Reported, Departing {
  status: MemberStatus = 'starting'
  /** Whether its state was made: then `terminate` is called when it ends. */
  hasBegun = false
  /** How many messages it has handled. */
  handled = 0
  readonly hand = new Hand()
  /** Whether it waits for a request. */
  #asks = false
  /** The messages for it alone. Made with the first one. */
  own: OwnMessages | null = null
  readonly #work: WorkSource<Member>
  readonly #turnWork: TurnWork<Member>
  readonly #worker: Worker<Request>
  /** The reason to end after the current message; null to go on. */
  leaving: { readonly reason: unknown } | null = null
  /** Made when a handler first asks for it. */
  #idleTimer: IdleTimer | null = null

  constructor(
    readonly info: MemberInfo,
    readonly crew: Crew<Member>,
    { workers, seat }: { readonly workers: WorkerFactory<Request>; readonly seat: WorkerSeat },
    readonly bornAt: Nanos,
  ) {
    super(bornAt)
    this.#work = crew.work
    this.#turnWork = crew.turnWork
    this.#worker = workers.create(seat, new WorkerReports(this, crew))
  }

  get facts(): PoolFacts {
    return this.crew.facts
  }

  get commits(): boolean {
    return this.#worker.commits
  }

  get heapMb(): number {
    return this.#worker.heapMb ?? 0
  }

  get state(): unknown {
    return this.#worker.state
  }

  /** The messages in hand: of a batch, the first. */
  get inHand(): readonly Request[] {
    return this.hand.requests
  }

  /** The request whose handler is being called, further up in the call stack; null without one. */
  get calling(): Request | null {
    return this.hand.given > 0 && this.#worker.isCalling === true ? this.hand.first : null
  }

  /** Whether messages for it alone wait. */
  get hasOwn(): boolean {
    return this.own !== null && this.own.length > 0
  }

  /** Has its worker make ready. Throws or rejects if that fails; the member is not used then. */
  start(): Eventually<Started> {
    return this.#worker.start()
  }

  /** Its worker is ready: from here on it takes work. */
  begin(): void {
    if (this.status !== 'starting') return
    this.hasBegun = true
    this.status = 'idle'
    this.seekWork()
  }

  /** Ends it before it has begun. */
  discard(): void {
    this.#departure.discard()
  }

  /** Ends it: at once if it is idle, otherwise after what it has in hand. */
  leave(reason: unknown): void {
    this.#departure.leave(reason)
  }

  /** Ends it while its handler still runs: whatever comes of that is ignored. */
  abandon(cause: unknown): void {
    this.#departure.abandon(cause)
  }

  /** The pool stops: callers are told now, and it ends when its handlers let it. */
  shutDown(reason: unknown): void {
    this.#departure.shutDown(reason)
  }

  /** Made when it ends: each member does that once, and most live long. */
  get #departure(): Departure<Member> {
    return new Departure<Member>(this, this.crew, this.#worker)
  }

  close(): void {
    this.status = 'ended'
    this.#idleTimer?.stop()
  }

  /** Releases what its worker has opened. Called once, after it has ended. */
  endWork(reason: unknown): Eventually<void> {
    return this.#worker.end(reason)
  }

  /** Nobody waits for it any longer: its worker may end by force what never ends. */
  hurry(): void {
    this.#worker.hurry?.()
  }

  /** Delivers a message for this member alone. */
  deliver(request: Request, first = false): void {
    this.own ??= new OwnMessages()
    this.own.add(request, first)
    if (this.status === 'starting' || this.status === 'ended' || this.hand.count >= this.#worker.depth) return
    this.withdraw()
    this.seekWork()
  }

  /** Takes a request that the broker matched it with. It runs later in this turn. */
  assign(request: Request): void {
    this.#idleTimer?.stop()
    this.status = 'busy'
    this.#asks = false
    this.hand.add(request)
    request.runner = this
    this.#turnWork.ready(this)
    if (this.hand.count < this.#worker.depth) this.seekWork()
  }

  /** Gives its worker what it was assigned. */
  execute(): void {
    // What a report of its worker adds meanwhile waits for its own turn.
    const { hand } = this
    for (let left = hand.count - hand.given; left > 0 && hand.count > hand.given; left--) this.#give(hand.give())
  }

  #give(request: Request): void {
    // Aborted or expired between the match and now.
    if (request.outcome !== null || hasPassed(request.deadline, this.crew.turn)) return this.#skip(request)
    if (request.handler.batch > 0) request.extend().companions = this.#takeBatch(request)
    this.#worker.give(request)
  }

  /** The others of a batch: first from its own hand, then from the queue. */
  #takeBatch(first: Request): readonly Request[] {
    const { hand } = this
    const batch = hand.takeBatch(first)
    if (hand.count > hand.given) return batch
    return [...batch, ...this.#work.takeBatch(this, first, first.handler.batch - 1 - batch.length)]
  }

  #skip(request: Request): void {
    this.hand.remove(request)
    if (request.outcome === null) request.fail(this.crew.failures.expired(request))
    this.#work.release(request)
    this.seekWork()
  }

  /** Looks for something to do: its own messages first, then the broker's. */
  seekWork(): void {
    const isSpecial = this.status === 'ended' || this.leaving !== null || this.hasOwn || this.#asks
    if (isSpecial || this.crew.gated || this.hand.count > 0) this.#seekSpecially()
    else this.#ask()
  }

  #seekSpecially(): void {
    if (this.status === 'ended') return
    if (this.leaving !== null) {
      if (this.hand.count === 0) this.#departure.finish(this.leaving.reason)
      return
    }
    if (this.hand.count >= this.#worker.depth) return
    const own = this.own?.take()
    if (own !== undefined) return this.assign(own)
    if (this.hand.count === 0) this.status = 'idle'
    if (!this.#asks && (!this.crew.gated || this.crew.mayWork(this))) this.#ask()
  }

  #ask(): void {
    if (this.hand.count === 0) this.status = 'idle'
    this.#asks = true
    const request = this.#work.askR(this)
    if (request !== null) this.assign(request)
  }

  /** Stops waiting for a request. Returns whether it waited. */
  withdraw(): boolean {
    if (!this.#asks) return false
    this.#asks = false
    return this.#work.remove(this)
  }

  /** The queue of waiting members dropped it; it asks again. */
  seatDropped(): void {
    this.#asks = false
    if (this.status !== 'ended') this.seekWork()
  }

  tellIfIdle(ms: number): void {
    this.#idleTimer ??= new IdleTimer(this.crew, () => this.crew.tellTimeout(this))
    this.#idleTimer.start(ms)
  }

  holdsAnswersOf(request: Request): boolean {
    return this.#worker.holdsAnswersOf(request)
  }

  startOf(request: Request): Nanos | null {
    return this.#worker.startOf(request)
  }

  giveUp(request: Request): boolean {
    return this.#worker.giveUp?.(request) !== false
  }

  gaveUp(request: Request, error: GenPoolError): void {
    if (this.status === 'ended' || !this.hand.hasGiven(request)) return
    if (!this.#worker.revoke(request)) return this.#worker.cancel(request, error)
    giveBackFrom(this.hand, [request], this.crew)
    this.seekWork()
  }
}
