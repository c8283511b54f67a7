import { type Nanos, type Change, changesBetween } from '@genpool/runtime'
import { type BackOffScope } from '../limits/back-off'
import { type HoldingLimit } from '../limits/hold-watch'
import { type LimitFigures } from '../limits/limit-figures'
import { LimitedQueue } from '../limits/limited-queue'
import { type Openings } from '../limits/openings'
import { FairQueue } from '../queues/fair-queue'
import { LayeredQueue } from '../queues/layered-queue'
import { type Layers } from '../queues/layers'
import { PackedQueue } from '../queues/packed-queue'
import { type Part, sampleOf } from '../queues/part'
import { type Drop, type Queue } from '../queues/queue'
import { createQueue, reconfigureQueue } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { type BrokerDecision, type BrokerHooks, NO_DECISION } from './broker'
import { type CheckedEngineOptions, checkEngineOptions, type EngineOptions } from './broker-options'
import { OwnDecision } from './own-decision'
import { later } from './time'

/**
 * The two sides of a broker that wait, requests and members, and the decision of each call. Here they leave without a match:
 * removed, cancelled, too old, or beyond a new bound.
 *
 * A base class and not an object of the matching engine: each call reads these fields many times.
 */
export abstract class WaitingSides<A extends Waiting, R extends Waiting> {
  decision: BrokerDecision<A, R> = NO_DECISION
  /** The value of `decision` in calls that may decide something. */
  protected readonly decided = new OwnDecision<A, R>()
  protected readonly isAlive: ((entry: A | R) => boolean) | undefined
  protected options: CheckedEngineOptions
  protected asks: Queue<A>
  /** The same object as `asks` once a request with a key or a priority has come; null before, at no cost. */
  protected layers: Layers<A> | null = null
  /** The same object as `asks` once there was a rate or a limit; null before, at no cost. */
  protected limited: LimitedQueue<A> | null = null
  /** The members that wait. */
  protected idle: Queue<R>
  /** Which side may be waiting. The other side is empty, except for requests held back by their key. */
  protected asking = false
  /** The time of the last call. */
  protected now: Nanos

  constructor(
    options: EngineOptions,
    now: Nanos,
    private readonly hooks: BrokerHooks<A, R>,
  ) {
    this.now = now
    this.isAlive = hooks.isAlive?.bind(hooks)
    this.options = checkEngineOptions(options)
    this.asks = createQueue<A>(this.options.client, now)
    if (isLimited(this.options)) this.limit(this.options, now)
    this.idle = createQueue<R>(this.options.member, now)
  }

  get length(): number {
    return this.asks.length
  }

  get lengthR(): number {
    return this.idle.length
  }

  get requests(): Iterable<A> {
    return this.asks
  }

  sample(most: number): Iterable<A> {
    return sampleOf(this.parts(), this.asks.length, most)
  }

  get members(): Iterable<R> {
    return this.idle
  }

  /** Without shortcuts nothing is packed. */
  get packs(): boolean {
    return false
  }

  get isLimited(): boolean {
    return this.limited !== null
  }

  get isRated(): boolean {
    const { rate, limits } = this.options
    return rate !== false || (limits !== false && limits.rate !== false)
  }

  limits(now: Nanos): LimitFigures {
    return this.limited === null ? NO_FIGURES : this.limited.figures(now)
  }

  openings(now: Nanos): Openings | undefined {
    return this.limited?.openings(now)
  }

  opensAt(entry: Waiting, now: Nanos): Nanos {
    return this.limited === null ? -Infinity : this.limited.opensAt(entry, now)
  }

  holderOf(entry: Waiting, now: Nanos): HoldingLimit | undefined {
    return this.limited === null ? undefined : this.limited.holderOf(entry, now)
  }

  backOff(scope: BackOffScope<A>, until: Nanos, now: Nanos): unknown {
    this.begin(now)
    const isFirst = this.limited === null
    const limits = this.limited ?? this.limit(this.options, now)
    if (isFirst) this.asksChanged()
    const key = limits.backOff(scope, until, now)
    this.decided.add(limits.decision.dropped)
    return this.finish(key)
  }

  relativeTime(now: Nanos): Nanos {
    const oldest = this.waiting.oldest()
    if (oldest === null) return 0
    return this.asking ? now - oldest : oldest - now
  }

  oldestWait(now: Nanos): Nanos {
    return now - (this.asks.oldest() ?? now)
  }

  cancel(tag: unknown, now: Nanos): number {
    this.begin(now)
    let count = this.waiting.cancel(tag, now)
    this.addDropsOf(this.waiting)
    if (!this.asking && this.layers !== null) {
      count += this.layers.cancel(tag, now)
      this.decided.add(this.layers.decision.dropped)
    }
    return this.finish(count)
  }

  remove(entry: A | R, now: Nanos): boolean {
    this.begin(now)
    let here = this.waiting.remove(entry, now)
    this.addDropsOf(this.waiting)
    if (!here && !this.asking && this.layers !== null) {
      here = this.layers.remove(entry, now)
      this.decided.add(this.layers.decision.dropped)
    }
    return this.finish(here)
  }

  drain(now: Nanos): A[] {
    this.begin(now)
    return this.finish(this.asks.drain())
  }

  timeout(now: Nanos): void {
    this.begin(now)
    this.letTimePass(now)
  }

  configure(options: EngineOptions, now: Nanos): readonly Change[] {
    const from = this.options
    const to = checkEngineOptions(options)
    this.begin(now)
    this.options = to
    const changes = changesBetween(from, to)
    if (this.limited !== null) this.limited.change(to, changes, now)
    else if (this.layers instanceof LayeredQueue) this.layers.apply(to.client, now)
    else this.asks = reconfigureQueue(this.asks, { from: from.client, to: to.client }, now)
    this.decided.add(this.asks.decision.dropped)
    if (this.limited === null && isLimited(to)) {
      this.limit(to, now)
      this.decided.add(this.asks.decision.dropped)
    }
    this.idle = reconfigureQueue(this.idle, { from: from.member, to: to.member }, now)
    this.decided.addR(this.idle.decision.dropped)
    return this.finish(changes)
  }

  protected random(): number {
    return this.hooks.random === undefined ? Math.random() : this.hooks.random()
  }

  /** Called when another queue holds the requests. */
  protected abstract asksChanged(): void

  /** The queue of requests with keys and priorities; the first call makes it. */
  protected inLayers(): Layers<A> {
    if (this.layers === null) {
      this.asks = this.layers = this.layersOver(this.options)
      this.asksChanged()
    }
    return this.layers
  }

  /** Whether there is another request that a member could serve. */
  protected othersWait(): boolean {
    return (this.layers === null ? this.asks.length : this.layers.ready) > 0
  }

  /** Takes the member that waits and is next; null without one. */
  protected takeMember(now: Nanos): R | null {
    for (;;) {
      const member = this.idle.dequeue(now)
      this.decided.addR(this.idle.decision.dropped)
      if (member === null) return null
      if (member.deadline <= now) this.decided.dropR(member, 'expired', { now, waiting: this.idle.length })
      else if (this.isAlive === undefined || this.isAlive(member)) return member
    }
  }

  protected letTimePass(now: Nanos): null {
    this.waiting.timeout(now)
    this.addDropsOf(this.waiting)
    if (!this.asking && this.layers !== null) {
      this.layers.timeout(now)
      this.decided.add(this.layers.decision.dropped)
    }
    return this.finish(null)
  }

  /** Starts a decision. @throws {InvalidError} if time runs backwards; nothing changes then */
  protected begin(now: Nanos): void {
    this.now = later(this.now, now)
    this.decision = this.decided
    this.decided.begin()
  }

  /** Ends the decision: takes over when the queues want to be woken. */
  protected finish<T>(result: T): T {
    if (this.asking) this.decided.wakeAt = this.asks.decision.wakeAt
    else if (this.layers === null) this.decided.wakeAt = this.idle.decision.wakeAt
    else this.decided.wakeAt = earlier(this.idle.decision.wakeAt, this.layers.decision.wakeAt)
    return result
  }

  private parts(): Iterable<Part<A>> {
    if (this.layers !== null) return this.layers.parts()
    return this.asks instanceof FairQueue ? (this.asks as FairQueue<A>).parts() : [this.asks]
  }

  private get waiting(): Queue<A> | Queue<R> {
    return this.asking ? this.asks : this.idle
  }

  /** Puts the limits over the queue. They stay, also if options take all of them away again. */
  private limit(options: CheckedEngineOptions, now: Nanos): LimitedQueue<A> {
    const inner = this.layers instanceof LayeredQueue ? this.layers : this.layersOver(options)
    const limits = new LimitedQueue<A>(inner, options.client, options, now, this.hooks)
    this.asks = this.layers = this.limited = limits
    return limits
  }

  /** Packed calls are built: one of them may have to leave its place. */
  private layersOver({ client }: CheckedEngineOptions): LayeredQueue<A> {
    if (this.asks instanceof PackedQueue) (this.asks as PackedQueue<A>).unpackCalls()
    return new LayeredQueue<A>(client, this.asks)
  }

  private addDropsOf(queue: Queue<A> | Queue<R>): void {
    if (this.asking) this.decided.add(queue.decision.dropped as readonly Drop<A>[])
    else this.decided.addR(queue.decision.dropped as readonly Drop<R>[])
  }
}

function earlier(a: Nanos | null, b: Nanos | null): Nanos | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}

function isLimited({ rate, limits }: CheckedEngineOptions): boolean {
  return rate !== false || limits !== false
}

const NO_FIGURES: LimitFigures = Object.freeze({ rate: undefined, limits: undefined, backOff: undefined })
