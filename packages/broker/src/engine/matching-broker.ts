import { type Nanos, type Change, changesBetween } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { type LimitFigures } from '../limits/limit-figures'
import { LimitedQueue } from '../limits/limited-queue'
import { LayeredQueue } from '../queues/layered-queue'
import { type Layers } from '../queues/layers'
import { mustNotWait } from '../queues/leaf-queue'
import { type Maker } from '../queues/pack'
import { type Drop, type Queue } from '../queues/queue'
import { createQueue, reconfigureQueue } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { type Admission } from './admission/admission'
import { createAdmission, reconfigureAdmission } from './admission/admission-options'
import { type Broker, type BrokerDecision, type BrokerHooks, type Match, NO_DECISION } from './broker'
import { type CheckedEngineOptions, checkEngineOptions, type EngineOptions } from './broker-options'
import { Budget } from './budget'
import { OwnDecision } from './own-decision'
import { later } from './time'

/** The matching engine, without shortcuts. */
export class MatchingBroker<A extends Waiting, R extends Waiting> implements Broker<A, R> {
  decision: BrokerDecision<A, R> = NO_DECISION
  /** The value of `decision` in calls that may decide something. */
  readonly #decided = new OwnDecision<A, R>()
  protected options: CheckedEngineOptions
  protected asks: Queue<A>
  /** The same object as `asks` once a request with a key or a priority has come; null before, at no cost. */
  #layers: Layers<A> | null = null
  /** The same object as `asks` once there was a rate or a limit; null before, at no cost. */
  protected limited: LimitedQueue<A> | null = null
  #members: Queue<R>
  /** Which side may be waiting. The other side is empty, except for requests held back by their key. */
  protected asking = false
  protected readonly isAlive: ((entry: A | R) => boolean) | undefined
  readonly #random: () => number
  readonly #hooks: BrokerHooks<A, R>
  protected admission: Admission | null
  protected readonly budget = new Budget()
  /** The time of the last call. */
  protected now: Nanos

  constructor(options: EngineOptions, now: Nanos, hooks: BrokerHooks<A, R>) {
    this.now = now
    this.#hooks = hooks
    this.options = checkEngineOptions(options)
    this.asks = createQueue<A>(this.options.client, now)
    if (isLimited(this.options)) this.#limit(this.options, now)
    this.#members = createQueue<R>(this.options.member, now)
    this.isAlive = hooks.isAlive?.bind(hooks)
    this.#random = hooks.random?.bind(hooks) ?? Math.random
    this.admission = createAdmission(this.options.admission, now, this.#random)
    this.asksChanged()
  }

  get length(): number {
    return this.asks.length
  }

  get lengthR(): number {
    return this.#members.length
  }

  get requests(): Iterable<A> {
    return this.asks
  }

  get members(): Iterable<R> {
    return this.#members
  }

  relativeTime(now: Nanos): Nanos {
    const oldest = this.#waiting.oldest()
    if (oldest === null) return 0
    return this.asking ? now - oldest : oldest - now
  }

  ask(entry: A, now: Nanos): R | null {
    mustNotWait(entry)
    this.#begin(now)
    if (entry.deadline <= now) return this.#giveUp(entry, 'expired', now)
    if (this.#mustStepBack(entry, now)) return this.#enqueue(entry, now)
    const member = this.asking ? null : this.#takeMember(now)
    if (member !== null) return this.#start(entry, member, now)
    if (this.admission !== null && this.#isRefused(this.admission, entry, now)) return this.#refuse(entry)
    this.asking = true
    return this.#enqueue(entry, now)
  }

  /** Without shortcuts nothing is packed. */
  pack(_make: Maker<A>, _message: unknown, _about: unknown, _now: Nanos): boolean {
    return false
  }

  askR(entry: R, now: Nanos): A | null {
    mustNotWait(entry)
    this.#begin(now)
    const request = this.#takeRequest(now)
    if (request !== null) return this.#serve(request, entry.sentAt, now)
    this.asking = false
    this.#members.enqueue(entry, now)
    this.#decided.addR(this.#members.decision.dropped)
    return this.#finish(null)
  }

  nbAsk(entry: A, now: Nanos): R | null {
    mustNotWait(entry)
    this.#begin(now)
    if (entry.deadline <= now) return this.#giveUp(entry, 'expired', now)
    if (this.#mustStepBack(entry, now)) return this.#giveUp(entry, 'busy', now)
    const member = this.asking ? null : this.#takeMember(now)
    if (member !== null) return this.#start(entry, member, now)
    this.asking = true
    this.limited?.refused(entry)
    this.#decided.drop(entry, 'busy', { now, waiting: this.asks.length })
    return this.#letTimePass(now)
  }

  nbAskR(entry: R, now: Nanos): A | null {
    mustNotWait(entry)
    this.#begin(now)
    const request = this.#takeRequest(now)
    if (request !== null) return this.#serve(request, entry.sentAt, now)
    this.asking = false
    this.#decided.dropR(entry, 'busy', { now, waiting: this.#members.length })
    return this.#letTimePass(now)
  }

  take(now: Nanos): A | null {
    this.#begin(now)
    const request = this.#takeRequest(now)
    return request === null ? this.#finish(null) : this.#serve(request, now, now)
  }

  cancel(tag: unknown, now: Nanos): number {
    this.#begin(now)
    let count = this.#waiting.cancel(tag, now)
    this.#addDropsOf(this.#waiting)
    if (!this.asking && this.#layers !== null) {
      count += this.#layers.cancel(tag, now)
      this.#decided.add(this.#layers.decision.dropped)
    }
    return this.#finish(count)
  }

  remove(entry: A | R, now: Nanos): boolean {
    this.#begin(now)
    let here = this.#waiting.remove(entry, now)
    this.#addDropsOf(this.#waiting)
    if (!here && !this.asking && this.#layers !== null) {
      here = this.#layers.remove(entry, now)
      this.#decided.add(this.#layers.decision.dropped)
    }
    return this.#finish(here)
  }

  drain(now: Nanos): A[] {
    this.#begin(now)
    return this.#finish(this.asks.drain())
  }

  timeout(now: Nanos): void {
    this.#begin(now)
    this.#letTimePass(now)
  }

  finished(runNs: Nanos, _now: Nanos): void {
    this.budget.finished(runNs)
  }

  release(entry: A, now: Nanos, ran?: boolean): Match<A, R> | null {
    this.#begin(now)
    if (this.#layers === null || (entry.key === undefined && this.limited === null)) return this.#finish(null)
    this.#layers.release(entry, now, ran)
    this.#decided.add(this.#layers.decision.dropped)
    return this.#finish(this.#mayMatch(this.#layers, now) ? this.#matchReady(now) : null)
  }

  get isLimited(): boolean {
    return this.limited !== null
  }

  match(now: Nanos): Match<A, R> | null {
    if (this.limited === null) return null
    // Also if there is nothing to match: its owner would carry out the decision of the call before once more.
    this.#begin(now)
    if (this.asking || this.asks.length === 0) return this.#finish(null)
    this.limited.refill(now)
    this.#decided.add(this.limited.decision.dropped)
    return this.#finish(this.#mayMatch(this.limited, now) ? this.#matchReady(now) : null)
  }

  limits(now: Nanos): LimitFigures {
    return this.limited === null ? NO_FIGURES : this.limited.figures(now)
  }

  putBack(entry: A, now: Nanos, ran?: boolean): R | null {
    mustNotWait(entry)
    this.#begin(now)
    if (this.limited !== null) {
      this.limited.readmit(entry, now, ran)
      this.#decided.add(this.limited.decision.dropped)
      return this.#finish(null)
    }
    const member = this.asking ? null : this.#takeMember(now)
    if (member !== null) {
      this.admission?.matched(member.sentAt - entry.sentAt, this.asks.length, now)
      return this.#finish(member)
    }
    this.asking = true
    this.#inLayers().readmit(entry, now)
    return this.#finish(null)
  }

  configure(options: EngineOptions, now: Nanos): readonly Change[] {
    const from = this.options
    const to = checkEngineOptions(options)
    this.#begin(now)
    this.options = to
    if (this.limited !== null) this.limited.reconfigure(to.client, to, now)
    else if (this.#layers instanceof LayeredQueue) this.#layers.apply(to.client, now)
    else this.asks = reconfigureQueue(this.asks, { from: from.client, to: to.client }, now)
    this.#decided.add(this.asks.decision.dropped)
    if (this.limited === null && isLimited(to)) {
      this.#limit(to, now)
      this.#decided.add(this.asks.decision.dropped)
    }
    this.#members = reconfigureQueue(this.#members, { from: from.member, to: to.member }, now)
    this.#decided.addR(this.#members.decision.dropped)
    this.admission = reconfigureAdmission(this.admission, to.admission, now, this.#random)
    this.asksChanged()
    return this.#finish(changesBetween(from, to))
  }

  /** Called when the queue of requests or its rules have changed. */
  protected asksChanged(): void {
    // Only the short way depends on them.
  }

  get #waiting(): Queue<A> | Queue<R> {
    return this.asking ? this.asks : this.#members
  }

  /** Whether a request could be served now. Not a getter: a private one costs a call into V8's C++ each time. */
  #hasReady(): boolean {
    return this.asking || (this.#layers !== null && this.#layers.ready > 0)
  }

  /** Whether `entry` has to wait for another request with its key. The first key or priority starts the layered queue. */
  #mustStepBack(entry: A, now: Nanos): boolean {
    if (this.#layers === null && entry.key === undefined && entry.priority === 0) return false
    const layers = this.#inLayers()
    if (layers.mustStepBack(entry, now)) return true
    // What the rate of all holds is served first.
    return this.limited !== null && !this.asking && this.limited.ready > 0
  }

  /** Puts the limits over the queue. They stay, also if options take all of them away again. */
  #limit(options: CheckedEngineOptions, now: Nanos): void {
    const inner = this.#layers instanceof LayeredQueue ? this.#layers : new LayeredQueue<A>(options.client, this.asks)
    const { holds } = this.#hooks
    this.asks = this.#layers = this.limited = new LimitedQueue<A>(inner, options.client, options, now, holds)
  }

  /** Whether a request may be ready while members wait. */
  #mayMatch(layers: Layers<A>, now: Nanos): boolean {
    if (this.asking || layers.ready === 0) return false
    return this.limited === null || (this.#members.length > 0 && this.limited.isOpen(now))
  }

  #inLayers(): Layers<A> {
    if (this.#layers === null) {
      this.asks = this.#layers = new LayeredQueue<A>(this.options.client, this.asks)
      this.asksChanged()
    }
    return this.#layers
  }

  #isRefused(admission: Admission, entry: A, now: Nanos): boolean {
    const ahead = this.#layers === null ? this.asks.length : this.#layers.ahead(entry.priority)
    const refusal = admission.refusal(ahead, now)
    if (refusal === null) return false
    this.#decided.drop(entry, refusal.reason, { now, waiting: this.asks.length, retryAfter: refusal.retryAfter })
    return true
  }

  #refuse(entry: A): null {
    this.limited?.refused(entry)
    return this.#finish(null)
  }

  #enqueue(entry: A, now: Nanos): null {
    this.asks.enqueue(entry, now)
    this.#decided.add(this.asks.decision.dropped)
    this.admission?.queued(this.asks.length, now)
    return this.#finish(null)
  }

  #start(entry: A, member: R, now: Nanos): R {
    this.#layers?.start(entry, now)
    if (this.limited !== null) this.#decided.add(this.limited.decision.dropped)
    this.admission?.matched(member.sentAt - entry.sentAt, this.asks.length, now)
    return this.#finish(member)
  }

  #serve(request: A, askedAt: Nanos, now: Nanos): A {
    this.admission?.matched(askedAt - request.sentAt, this.asks.length, now)
    return this.#finish(request)
  }

  /** Matches a request whose key became free while members wait. */
  #matchReady(now: Nanos): Match<A, R> | null {
    const askR = this.#takeMember(now)
    if (askR === null) {
      this.asking = true
      return null
    }
    const ask = this.#takeRequest(now)
    if (ask !== null) return { ask: this.#serve(ask, askR.sentAt, now), askR }
    this.#members.enqueue(askR, now)
    this.#decided.addR(this.#members.decision.dropped)
    return null
  }

  #takeMember(now: Nanos): R | null {
    for (;;) {
      const member = this.#members.dequeue(now)
      this.#decided.addR(this.#members.decision.dropped)
      if (member === null) return null
      if (member.deadline <= now) this.#decided.dropR(member, 'expired', { now, waiting: this.#members.length })
      else if (this.isAlive === undefined || this.isAlive(member)) return member
    }
  }

  #takeRequest(now: Nanos): A | null {
    while (this.#hasReady()) {
      const request = this.asks.dequeue(now)
      this.#decided.add(this.asks.decision.dropped)
      if (request === null) return null
      if (this.#canStart(request, now)) {
        if (this.limited !== null) this.#beginLimited(this.limited, request, now)
        return request
      }
      if (this.#layers !== null) this.#letNextOfKey(this.#layers, request, now)
    }
    return null
  }

  #beginLimited(limits: LimitedQueue<A>, request: A, now: Nanos): void {
    limits.begin(request, now)
    this.#decided.add(limits.decision.dropped)
  }

  #letNextOfKey(layers: Layers<A>, request: A, now: Nanos): void {
    if (request.key === undefined && this.limited === null) return
    layers.release(request, now)
    this.#decided.add(layers.decision.dropped)
  }

  #canStart(request: A, now: Nanos): boolean {
    if (request.deadline !== Infinity) {
      const reason = this.options.budget ? this.budget.refusal(request, this.#othersWait(), now) : expiry(request, now)
      if (reason !== null) {
        this.#decided.drop(request, reason, { now, waiting: this.asks.length })
        return false
      }
    }
    return this.isAlive === undefined || this.isAlive(request)
  }

  #othersWait(): boolean {
    return (this.#layers === null ? this.asks.length : this.#layers.ready) > 0
  }

  #letTimePass(now: Nanos): null {
    this.#waiting.timeout(now)
    this.#addDropsOf(this.#waiting)
    if (!this.asking && this.#layers !== null) {
      this.#layers.timeout(now)
      this.#decided.add(this.#layers.decision.dropped)
    }
    return this.#finish(null)
  }

  #giveUp(entry: A, reason: DropReason, now: Nanos): null {
    this.limited?.refused(entry)
    this.#decided.drop(entry, reason, { now, waiting: this.asks.length })
    return this.#finish(null)
  }

  #addDropsOf(queue: Queue<A> | Queue<R>): void {
    if (this.asking) this.#decided.add(queue.decision.dropped as readonly Drop<A>[])
    else this.#decided.addR(queue.decision.dropped as readonly Drop<R>[])
  }

  /** Starts a decision. @throws {InvalidError} if time runs backwards; nothing changes then */
  #begin(now: Nanos): void {
    this.now = later(this.now, now)
    this.decision = this.#decided
    this.#decided.begin()
  }

  /** Ends the decision: takes over when the queues want to be woken. */
  #finish<T>(result: T): T {
    if (this.asking) this.#decided.wakeAt = this.asks.decision.wakeAt
    else if (this.#layers === null) this.#decided.wakeAt = this.#members.decision.wakeAt
    else this.#decided.wakeAt = earlier(this.#members.decision.wakeAt, this.#layers.decision.wakeAt)
    return result
  }
}

function earlier(a: Nanos | null, b: Nanos | null): Nanos | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}

function expiry(request: Waiting, now: Nanos): DropReason | null {
  return request.deadline <= now ? 'expired' : null
}

function isLimited({ rate, limits }: CheckedEngineOptions): boolean {
  return rate !== false || limits !== false
}

const NO_FIGURES: LimitFigures = Object.freeze({ rate: undefined, limits: undefined })
