import { type Nanos, parseOptions, type Change, changesBetween } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { DropQueue } from '../queues/drop-queue'
import { LayeredQueue } from '../queues/layered-queue'
import { mustNotWait } from '../queues/leaf-queue'
import { type Maker } from '../queues/pack'
import { type Drop, NO_DROPS, type Queue } from '../queues/queue'
import { createQueue, reconfigureQueue } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { type Admission } from './admission/admission'
import { createAdmission, reconfigureAdmission } from './admission/admission-options'
import { type Broker, type BrokerDecision, type BrokerHooks, type Match, NO_DECISION } from './broker'
import { type BrokerOptions, brokerOptions, type CheckedBrokerOptions } from './broker-options'
import { Budget } from './budget'
import { later } from './time'

/**
 * The matching engine.
 *
 * While requests wait in a drop queue, one that says nothing about itself goes in and out by a short way on which nothing
 * is decided: `#askShortly` and `#askRShortly`. A call takes 8 % less of a pool's time by it.
 */
export class MatchingBroker<A extends Waiting, R extends Waiting> implements Broker<A, R> {
  decision: BrokerDecision<A, R> = NO_DECISION
  /** What `decision` is where something may be decided. */
  readonly #decided: { dropped: readonly Drop<A>[]; droppedR: readonly Drop<R>[]; wakeAt: Nanos | null } = {
    dropped: NO_DROPS,
    droppedR: NO_DROPS,
    wakeAt: null,
  }
  #options: CheckedBrokerOptions
  #asks: Queue<A>
  /** The same as `#asks` once a request has come with a key or a priority; costs nothing before. */
  #layers: LayeredQueue<A> | null = null
  #members: Queue<R>
  /** Which side waits (or may). The other side is empty, but for requests that are held back by their key. */
  #asking = false
  readonly #isAlive: ((entry: A | R) => boolean) | undefined
  readonly #random: () => number
  #admission: Admission | null
  readonly #budget = new Budget()
  /** The requests, if they may go the short way; otherwise null. */
  #short: DropQueue<A> | null = null
  /** The time of the last call. */
  #now: Nanos

  constructor(options: BrokerOptions, now: Nanos, hooks: BrokerHooks<A, R>) {
    this.#now = now
    this.#options = checkBrokerOptions(options)
    this.#asks = createQueue<A>(this.#options.client, now)
    this.#members = createQueue<R>(this.#options.member, now)
    this.#isAlive = hooks.isAlive?.bind(hooks)
    this.#random = hooks.random?.bind(hooks) ?? Math.random
    this.#admission = createAdmission(this.#options.admission, now, this.#random)
    this.#chooseWay()
  }

  get length(): number {
    return this.#asks.length
  }

  get lengthR(): number {
    return this.#members.length
  }

  get requests(): Iterable<A> {
    return this.#asks
  }

  get members(): Iterable<R> {
    return this.#members
  }

  relativeTime(now: Nanos): Nanos {
    const oldest = this.#waiting.oldest()
    if (oldest === null) return 0
    return this.#asking ? now - oldest : oldest - now
  }

  ask(entry: A, now: Nanos): R | null {
    return this.#short !== null && this.#askShortly(this.#short, entry, now) ? null : this.#ask(entry, now)
  }

  #ask(entry: A, now: Nanos): R | null {
    mustNotWait(entry)
    this.#begin(now)
    if (entry.deadline <= now) return this.#giveUp(entry, 'expired', now)
    if (this.#mustStepBack(entry)) return this.#enqueue(entry, now)
    const member = this.#asking ? null : this.#takeMember(now)
    if (member !== null) return this.#start(entry, member, now)
    if (this.#admission !== null && this.#isRefused(this.#admission, entry, now)) return this.#finish(null)
    this.#asking = true
    return this.#enqueue(entry, now)
  }

  pack(make: Maker<A>, message: unknown, about: unknown, now: Nanos): boolean {
    if (this.#short === null || !this.#asking || now < this.#now) return false
    if (!this.#short.tryPack(make, message, about, now)) return false
    this.#nothingDecided(now)
    return true
  }

  askR(entry: R, now: Nanos): A | null {
    return (this.#short === null ? null : this.#askRShortly(this.#short, entry, now)) ?? this.#askR(entry, now)
  }

  #askR(entry: R, now: Nanos): A | null {
    mustNotWait(entry)
    this.#begin(now)
    const request = this.#takeRequest(now)
    if (request !== null) return this.#serve(request, entry.sentAt, now)
    this.#asking = false
    this.#members.enqueue(entry, now)
    this.#addDropsR(this.#members.decision.dropped)
    return this.#finish(null)
  }

  nbAsk(entry: A, now: Nanos): R | null {
    mustNotWait(entry)
    this.#begin(now)
    if (entry.deadline <= now) return this.#giveUp(entry, 'expired', now)
    if (this.#mustStepBack(entry)) return this.#giveUp(entry, 'busy', now)
    const member = this.#asking ? null : this.#takeMember(now)
    if (member !== null) return this.#start(entry, member, now)
    this.#asking = true
    this.#drop(entry, 'busy', now)
    return this.#letTimePass(now)
  }

  nbAskR(entry: R, now: Nanos): A | null {
    mustNotWait(entry)
    this.#begin(now)
    const request = this.#takeRequest(now)
    if (request !== null) return this.#serve(request, entry.sentAt, now)
    this.#asking = false
    this.#dropR(entry, 'busy', now)
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
    if (!this.#asking && this.#layers !== null) {
      count += this.#layers.cancel(tag, now)
      this.#addDrops(this.#layers.decision.dropped)
    }
    return this.#finish(count)
  }

  remove(entry: A | R, now: Nanos): boolean {
    this.#begin(now)
    let here = this.#waiting.remove(entry, now)
    this.#addDropsOf(this.#waiting)
    if (!here && !this.#asking && this.#layers !== null) {
      here = this.#layers.remove(entry, now)
      this.#addDrops(this.#layers.decision.dropped)
    }
    return this.#finish(here)
  }

  drain(now: Nanos): A[] {
    this.#begin(now)
    return this.#finish(this.#asks.drain())
  }

  timeout(now: Nanos): void {
    this.#begin(now)
    this.#letTimePass(now)
  }

  finished(runNs: Nanos, _now: Nanos): void {
    this.#budget.finished(runNs)
  }

  release(entry: A, now: Nanos): Match<A, R> | null {
    this.#begin(now)
    if (this.#layers === null || entry.key === undefined) return this.#finish(null)
    this.#layers.release(entry, now)
    this.#addDrops(this.#layers.decision.dropped)
    return this.#finish(this.#asking || this.#layers.ready === 0 ? null : this.#matchReady(now))
  }

  configure(options: BrokerOptions, now: Nanos): readonly Change[] {
    const from = this.#options
    const to = checkBrokerOptions(options)
    this.#begin(now)
    this.#options = to
    if (this.#layers !== null) this.#layers.apply(to.client, now)
    else this.#asks = reconfigureQueue(this.#asks, { from: from.client, to: to.client }, now)
    this.#addDrops(this.#asks.decision.dropped)
    this.#members = reconfigureQueue(this.#members, { from: from.member, to: to.member }, now)
    this.#addDropsR(this.#members.decision.dropped)
    this.#admission = reconfigureAdmission(this.#admission, to.admission, now, this.#random)
    this.#chooseWay()
    return this.#finish(changesBetween(from, to))
  }

  #chooseWay(): void {
    const ours = typeof this.#options.client !== 'function' && this.#asks instanceof DropQueue ? this.#asks : null
    this.#short = this.#admission === null && this.#isAlive === undefined ? ours : null
  }

  /** Has `entry` wait if there is no more to it; otherwise false, and nothing is done. */
  #askShortly(queue: DropQueue<A>, entry: A, now: Nanos): boolean {
    if (!this.#asking || entry.key !== undefined || entry.priority !== 0) return false
    if (now < this.#now || entry.deadline <= now || !queue.tryEnqueue(entry)) return false
    this.#nothingDecided(now)
    return true
  }

  /** The next request if there is no more to it; otherwise null, and nothing is done. */
  #askRShortly(queue: DropQueue<A>, entry: R, now: Nanos): A | null {
    if (!this.#asking || entry.list !== null || now < this.#now) return null
    const request = queue.tryDequeue(now, this.#options.budget ? this.#budget.plenty : 0)
    if (request === null) return null
    this.#nothingDecided(now)
    return request
  }

  #nothingDecided(now: Nanos): void {
    this.#now = now
    if (this.decision !== NO_DECISION) this.decision = NO_DECISION
  }

  get #waiting(): Queue<A> | Queue<R> {
    return this.#asking ? this.#asks : this.#members
  }

  /** Whether requests could be handed out. No getter: a private one costs a call into the engine's C++ each time. */
  #hasReady(): boolean {
    return this.#asking || (this.#layers !== null && this.#layers.ready > 0)
  }

  /** Whether `entry` has to wait for another of its key. From the first key or priority on, requests are layered. */
  #mustStepBack(entry: A): boolean {
    if (this.#layers === null && entry.key === undefined && entry.priority === 0) return false
    return this.#inLayers().mustStepBack(entry)
  }

  #inLayers(): LayeredQueue<A> {
    if (this.#layers === null) {
      this.#asks = this.#layers = new LayeredQueue<A>(this.#options.client, this.#asks)
      this.#chooseWay()
    }
    return this.#layers
  }

  #isRefused(admission: Admission, entry: A, now: Nanos): boolean {
    const ahead = this.#layers === null ? this.#asks.length : this.#layers.ahead(entry.priority)
    const refusal = admission.refusal(ahead, now)
    if (refusal === null) return false
    this.#drop(entry, refusal.reason, now, refusal.retryAfter)
    return true
  }

  #enqueue(entry: A, now: Nanos): null {
    this.#asks.enqueue(entry, now)
    this.#addDrops(this.#asks.decision.dropped)
    this.#admission?.queued(this.#asks.length, now)
    return this.#finish(null)
  }

  #start(entry: A, member: R, now: Nanos): R {
    this.#layers?.start(entry)
    this.#admission?.matched(member.sentAt - entry.sentAt, this.#asks.length, now)
    return this.#finish(member)
  }

  #serve(request: A, askedAt: Nanos, now: Nanos): A {
    this.#admission?.matched(askedAt - request.sentAt, this.#asks.length, now)
    return this.#finish(request)
  }

  /** A key was freed while members wait. */
  #matchReady(now: Nanos): Match<A, R> | null {
    const askR = this.#takeMember(now)
    if (askR === null) {
      this.#asking = true
      return null
    }
    const ask = this.#takeRequest(now)
    if (ask !== null) return { ask: this.#serve(ask, askR.sentAt, now), askR }
    this.#members.enqueue(askR, now)
    this.#addDropsR(this.#members.decision.dropped)
    return null
  }

  #takeMember(now: Nanos): R | null {
    for (;;) {
      const member = this.#members.dequeue(now)
      this.#addDropsR(this.#members.decision.dropped)
      if (member === null) return null
      if (member.deadline <= now) this.#dropR(member, 'expired', now)
      else if (this.#isAlive === undefined || this.#isAlive(member)) return member
    }
  }

  #takeRequest(now: Nanos): A | null {
    while (this.#hasReady()) {
      const request = this.#asks.dequeue(now)
      this.#addDrops(this.#asks.decision.dropped)
      if (request === null || this.#canStart(request, now)) return request
      if (this.#layers !== null && request.key !== undefined) this.#letNextOfKey(this.#layers, request, now)
    }
    return null
  }

  #letNextOfKey(layers: LayeredQueue<A>, request: A, now: Nanos): void {
    layers.release(request, now)
    this.#addDrops(layers.decision.dropped)
  }

  #canStart(request: A, now: Nanos): boolean {
    if (request.deadline !== Infinity) {
      const reason = this.#options.budget
        ? this.#budget.refusal(request, this.#othersWait(), now)
        : expiry(request, now)
      if (reason !== null) {
        this.#drop(request, reason, now)
        return false
      }
    }
    return this.#isAlive === undefined || this.#isAlive(request)
  }

  #othersWait(): boolean {
    return (this.#layers === null ? this.#asks.length : this.#layers.ready) > 0
  }

  #letTimePass(now: Nanos): null {
    this.#waiting.timeout(now)
    this.#addDropsOf(this.#waiting)
    if (!this.#asking && this.#layers !== null) {
      this.#layers.timeout(now)
      this.#addDrops(this.#layers.decision.dropped)
    }
    return this.#finish(null)
  }

  #giveUp(entry: A, reason: DropReason, now: Nanos): null {
    this.#drop(entry, reason, now)
    return this.#finish(null)
  }

  #drop(entry: A, reason: DropReason, now: Nanos, retryAfter?: Nanos): void {
    this.#addDrops([{ entry, reason, sojourn: now - entry.sentAt, waiting: this.#asks.length, retryAfter }])
  }

  #dropR(entry: R, reason: DropReason, now: Nanos): void {
    this.#addDropsR([{ entry, reason, sojourn: now - entry.sentAt, waiting: this.#members.length }])
  }

  #addDropsOf(queue: Queue<A> | Queue<R>): void {
    if (this.#asking) this.#addDrops(queue.decision.dropped as readonly Drop<A>[])
    else this.#addDropsR(queue.decision.dropped as readonly Drop<R>[])
  }

  #addDrops(dropped: readonly Drop<A>[]): void {
    if (dropped.length > 0) this.#decided.dropped = concat(this.#decided.dropped, dropped)
  }

  #addDropsR(dropped: readonly Drop<R>[]): void {
    if (dropped.length > 0) this.#decided.droppedR = concat(this.#decided.droppedR, dropped)
  }

  /** Begins a decision. @throws {InvalidError} if time runs backwards; nothing changes then */
  #begin(now: Nanos): void {
    this.#now = later(this.#now, now)
    this.decision = this.#decided
    this.#decided.dropped = NO_DROPS
    this.#decided.droppedR = NO_DROPS
  }

  /** Ends the decision: the queues have said when they want to be woken. */
  #finish<T>(result: T): T {
    if (this.#asking) this.#decided.wakeAt = this.#asks.decision.wakeAt
    else if (this.#layers === null) this.#decided.wakeAt = this.#members.decision.wakeAt
    else this.#decided.wakeAt = earlier(this.#members.decision.wakeAt, this.#layers.decision.wakeAt)
    return result
  }
}

function concat<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return before.length === 0 ? after : [...before, ...after]
}

function earlier(a: Nanos | null, b: Nanos | null): Nanos | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}

function expiry(request: Waiting, now: Nanos): DropReason | null {
  return request.deadline <= now ? 'expired' : null
}

function checkBrokerOptions(options: unknown): CheckedBrokerOptions {
  return parseOptions(brokerOptions, options, 'options of a broker')
}
