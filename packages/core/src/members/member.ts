import type { GenPoolError, Nanos } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import type { Eventually } from '../behaviours/eventually'
import type { PoolFacts } from '../behaviours/pool-facts'
import { hasPassed } from '../requests/deadline'
import type { Request } from '../requests/request'
import type { Runner } from '../requests/request-owner'
import { READY } from '../work/first-state'
import type { Started, Worker } from '../work/worker'
import type { Crew } from './crew'
import { Departure, type Departing } from './departure'
import { giveBackAhead, giveBackFrom } from './give-back'
import { type Leaving, MemberRarely } from './member-rarely'
import { takeBatch } from './take-batch'
import type { OwnMessages } from './own-messages'
import { runPacked } from './packed-runs'
import type { MemberStatus } from './status'
import { type Reported, WorkerReports } from './worker-reports'

/**
 * A member: takes one message at a time, gives it to its worker, and asks for the next when the worker reports.
 *
 * It decides what is run and when; its worker runs it. A worker with more depth gets several messages ahead. When it ends, another
 * object takes its slot: a late report is never taken for the work of its successor. It is its own entry in the queue of members.
 *
 * There may be very many. A method with `#` costs 8 bytes in each object of its class, so they are `private` here.
 */
export class Member extends WorkerReports<Member> implements Runner<Request>, Reported<Member>, Departing {
  status: MemberStatus = 'starting'
  /** Whether its state was made: then `terminate` is called when it ends. */
  hasBegun = false
  /** How many messages it has handled. */
  handled = 0
  /** Whether it waits for a request. */
  asks = false
  rarely: MemberRarely | null = null
  readonly bornAt: Nanos
  /** Made when it is first used, which is the start if there is anything to make ready. */
  private madeWorker: Worker<Request> | null = null
  /** Made when it is first read. */
  private madeInfo: MemberInfo | null = null

  constructor(
    /** The number of its slot. */
    readonly slot: number,
    /** Counts the members that have had this slot. */
    private readonly incarnation: number,
    readonly crew: Crew<Member>,
    bornAt: Nanos,
  ) {
    super(bornAt, true)
    // The first value is not a number, so V8 stores a pointer to a shared number instead of a copy in each member.
    this.bornAt = null as unknown as Nanos
    this.bornAt = bornAt
  }

  protected get member(): this {
    return this
  }

  get info(): MemberInfo {
    return (this.madeInfo ??= this.crew.identify(this.slot, this.incarnation))
  }

  get worker(): Worker<Request> {
    return this.madeWorker ?? this.makeWorker()
  }

  private makeWorker(): Worker<Request> {
    return (this.madeWorker = this.crew.workerFor(this))
  }

  /** The messages for it alone. */
  get own(): OwnMessages | null {
    return this.rarely === null ? null : this.rarely.own
  }

  /** The reason to end after the current message; null to go on. */
  get leaving(): Leaving | null {
    return this.rarely === null ? null : this.rarely.leaving
  }

  set leaving(leaving: Leaving | null) {
    this.extend().leaving = leaving
  }

  get facts(): PoolFacts {
    return this.crew.facts
  }

  get commits(): boolean {
    return this.worker.commits
  }

  get keepsState(): boolean {
    return this.worker.keepsState === true
  }

  get heapMb(): number {
    return this.worker.heapMb ?? 0
  }

  get state(): unknown {
    return this.worker.state
  }

  /** The request whose handler is being called, further up in the call stack; null without one. */
  get calling(): Request | null {
    return this.hand.given > 0 && this.worker.isCalling === true ? this.hand.first : null
  }

  private extend(): MemberRarely {
    return (this.rarely ??= new MemberRarely())
  }

  /** Has its worker make ready. Throws or rejects if that fails; the member is not used then. */
  start(): Eventually<Started> {
    return this.crew.workersAreReady ? READY : this.worker.start()
  }

  /** Its worker is ready: from here on it takes work. */
  begin(): void {
    if (this.status !== 'starting') return
    this.hasBegun = true
    this.status = 'idle'
    this.seekWork()
  }

  leave(reason: unknown): void {
    this.departure.leave({ reason, isFault: false })
  }

  fail(cause: unknown): void {
    this.departure.leave({ reason: cause, isFault: true })
  }

  /** How it ends. Made when it does: each member does that once, and most live long. */
  get departure(): Departure<Member> {
    return new Departure<Member>(this, this.crew, this.worker)
  }

  close(): void {
    this.status = 'ended'
    if (this.rarely !== null) this.rarely.idleTimer?.stop()
  }

  /** Delivers a message for this member alone. */
  deliver(request: Request, first = false): void {
    this.extend().add(request, first)
    if (this.status === 'starting' || this.status === 'ended' || this.hand.count >= this.worker.depth) return
    this.withdraw()
    this.seekWork()
  }

  /** Takes a request that the broker matched it with. It runs later in this turn. */
  assign(request: Request): void {
    if (this.rarely !== null) this.rarely.idleTimer?.stop()
    this.status = 'busy'
    this.asks = false
    this.hand.add(request)
    request.runner = this
    this.crew.turnWork.ready(this)
    if (this.hand.count < this.worker.depth) this.seekWork()
  }

  /** Whether it takes any request: nothing waits for it alone, it does not leave, and nobody holds it back. */
  get isPlain(): boolean {
    return this.rarely === null && this.status === 'busy' && !this.crew.gated
  }

  /** Gives its worker what it was assigned. */
  execute(): void {
    const { hand } = this
    if (hand.first?.expectsAnswer === false && this.isPlain && runPacked(this, this.worker)) return
    // What a report of its worker adds meanwhile waits for its own turn.
    for (let left = hand.count - hand.given; left > 0 && hand.count > hand.given; left--) this.run(hand.give())
  }

  private run(request: Request): void {
    // Aborted or expired between the match and now.
    if (request.outcome !== null || hasPassed(request.deadline, this.crew.turn)) return this.skip(request)
    if (request.handler.batch > 0) takeBatch(this, request)
    this.worker.give(request)
  }

  private skip(request: Request): void {
    this.hand.remove(request)
    if (request.outcome === null) request.fail(this.crew.failures.expired(request))
    this.crew.work.release(request)
    this.seekWork()
  }

  /** Looks for something to do: its own messages first, then the broker's. */
  seekWork(): void {
    const isSpecial = this.status === 'ended' || this.rarely !== null || this.asks
    if (isSpecial || this.crew.gated || this.hand.count > 0) this.seekSpecially()
    else this.ask()
  }

  private seekSpecially(): void {
    if (this.status === 'ended') return
    if (this.leaving !== null && !this.continues) {
      return this.hand.count === 0 ? this.departure.finish(this.leaving.reason) : undefined
    }
    if (this.hand.count >= this.worker.depth) return
    const own = this.own?.take()
    if (own !== undefined) return this.assign(own)
    if (this.hand.count === 0) this.status = 'idle'
    else if (this.crew.work.isRated) return
    if (!this.asks && (!this.crew.gated || this.crew.mayWork(this))) this.ask()
  }

  /** Whether it continues a step before it does anything else. */
  private get continues(): boolean {
    const { own } = this
    return own !== null && own.continuations > 0
  }

  private ask(): void {
    if (this.hand.count === 0) this.status = 'idle'
    this.asks = true
    const request = this.crew.work.askR(this)
    if (request !== null) this.assign(request)
  }

  /** Stops waiting for a request. Returns whether it waited. */
  withdraw(): boolean {
    if (!this.asks) return false
    this.asks = false
    return this.crew.work.remove(this)
  }

  /** Gives back what it was given ahead and has not begun, but for messages to it alone. Then it asks again, if it may. */
  giveBackAhead(): void {
    if (this.status !== 'busy') return
    this.withdraw()
    const open = this.hand.requests.filter(({ kind }) => kind !== 'direct')
    giveBackAhead(this, open, this.crew)
    this.seekWork()
  }

  /** The queue of waiting members dropped it; it asks again. */
  seatDropped(): void {
    this.asks = false
    if (this.status !== 'ended') this.seekWork()
  }

  tellIfIdle(ms: number): void {
    this.extend().startIdleTimer(ms, this.crew, () => this.crew.tellTimeout(this))
  }

  holdsAnswersOf(request: Request): boolean {
    return this.worker.holdsAnswersOf(request)
  }

  deadlineMoved(request: Request): void {
    this.worker.deadlineMoved?.(request)
  }

  hasCommitted(request: Request): boolean {
    return this.worker.hasCommitted?.(request) === true
  }

  isWriting(request: Request): boolean {
    return this.worker.isWriting?.(request) === true
  }

  startOf(request: Request): Nanos | null {
    return this.worker.startOf(request)
  }

  runs(request: Request): boolean {
    return this.hand.hasGiven(request) && (this.worker.stageOf?.(request) ?? 'runs') === 'runs'
  }

  giveUp(request: Request): boolean {
    return this.worker.giveUp?.(request) !== false || !this.hand.hasGiven(request)
  }

  gaveUp(request: Request, error: GenPoolError): void {
    if (this.status === 'ended' || !this.hand.hasGiven(request)) return
    if (!this.worker.revoke(request)) return this.worker.cancel(request, error)
    giveBackFrom(this.hand, [request], this.crew)
    this.seekWork()
  }
}
