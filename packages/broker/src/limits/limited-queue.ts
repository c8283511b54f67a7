import { type Nanos } from '@genpool/runtime'
import { CollectedDecision } from '../queues/collected-decision'
import { type LayeredQueue } from '../queues/layered-queue'
import { mustNotWait } from '../queues/leaf-queue'
import { type Layers } from '../queues/layers'
import { type Drop } from '../queues/queue'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { Arrivals } from './arrivals'
import { type BackOffScope, holdBack, opensFor } from './back-off'
import { GatedQueue } from './gated-queue'
import { type HoldWatch } from './hold-watch'
import { LaneSchedule } from './lane-schedule'
import { type LimitFigures, figuresOf } from './limit-figures'
import { isNewestFirst, laneQueue } from './limit-client'
import { LimitRules, type LimitsInForce } from './limit-rules'
import { Passes } from './passes'
import { ShortLimits } from './short-limits'

/**
 * Rates and limits per key over a layered queue.
 *
 * A request that may not begin yet is parked in the lane of the key that holds it, and comes back to its old place when it
 * may. What the rate of all holds stays in the queue, and nothing is served until the rate lets the next one begin.
 *
 * Every operation is O(log keys), however many requests wait.
 */
export class LimitedQueue<E extends Waiting> implements Layers<E> {
  readonly decision = new CollectedDecision<E>()
  /** The fast path. */
  readonly short: ShortLimits<E>
  readonly #rules: LimitRules<E>
  readonly #passes: Passes<E>
  readonly #queue: GatedQueue<E>
  readonly #lanes: LaneSchedule<E>
  readonly #arrivals: Arrivals<E>

  constructor(
    inner: LayeredQueue<E>,
    client: CheckedQueueOptions,
    limits: LimitsInForce,
    now: Nanos,
    watch?: HoldWatch<E>,
  ) {
    this.#rules = new LimitRules<E>(limits, isNewestFirst(client))
    this.#passes = new Passes<E>(this.#rules, watch)
    this.#queue = new GatedQueue<E>(inner, this.#passes, client, {
      parked: () => this.#lanes.length,
      dropped: (drops, at) => this.#queueDropped(drops, at),
    })
    this.#lanes = new LaneSchedule<E>(this.#passes, laneQueue(client), {
      unparked: (entry, at) => this.#queue.readmit(entry, at),
      dropped: (drop, at) => this.#laneDropped(drop, at),
    })
    this.#arrivals = new Arrivals<E>(this.#passes, this.#queue, this.#lanes, (entry, reason, at) => {
      this.decision.add({ entry, reason, sojourn: at - entry.sentAt, waiting: this.length })
    })
    this.short = new ShortLimits<E>(this.#passes, inner, this.#queue, this.#lanes)
    this.#arrivals.adopt([...inner], now)
  }

  get length(): number {
    return this.#queue.length + this.#lanes.length
  }

  get ready(): number {
    return this.#queue.ready
  }

  get max(): number {
    return this.#queue.max
  }

  *[Symbol.iterator](): Iterator<E> {
    yield* [...this.#queue, ...this.#lanes.all()].sort((a, b) => a.sentAt - b.sentAt)
  }

  oldest(): Nanos | null {
    for (const entry of this) return entry.sentAt
    return null
  }

  ahead(priority: number): number {
    return this.#queue.ahead(priority)
  }

  /** What holds requests now. */
  figures(now: Nanos): LimitFigures {
    return figuresOf(this.#rules, { now, ready: this.ready, opensAt: this.#queue.opensAt(now) })
  }

  mustStepBack(entry: E, now: Nanos): boolean {
    return this.#arrivals.mustWait(entry, now)
  }

  /** The request was refused before it was queued. */
  refused(entry: E): void {
    const pass = this.#passes.get(entry)
    if (pass !== undefined) this.#passes.forget(entry, pass)
  }

  start(entry: E, now: Nanos): void {
    this.#queue.start(entry)
    this.begin(entry, now)
  }

  /** Reports that a request which `dequeue` returned is served. */
  begin(entry: E, now: Nanos): void {
    this.#passes.watch.freed(entry, now)
    this.decision.begin()
    const { gate, isPlain } = this.#rules
    gate?.add(isPlain ? 1 : this.#passes.of(entry).cost, now)
    if (!isPlain) this.#lanes.began(this.#passes.of(entry), now)
    this.#finish(now)
  }

  enqueue(entry: E, now: Nanos): void {
    mustNotWait(entry)
    const pass = this.#passes.of(entry)
    this.decision.begin()
    this.#arrivals.add(entry, pass, now)
    this.#finish(now)
  }

  dequeue(now: Nanos): E | null {
    this.decision.begin()
    this.#lanes.wake(now)
    const entry = this.#takeNext(now)
    this.#finish(now)
    return entry
  }

  /** @param ran whether it did run; otherwise the rates take back what they counted */
  release(entry: E, now: Nanos, ran = true): void {
    this.decision.begin()
    const pass = this.#passes.end(entry, now, ran)
    if (pass !== undefined) this.#lanes.refill(pass, now)
    this.#queue.release(entry, now)
    this.#finish(now)
  }

  /** Takes back one that was handed out. It keeps the turn of its key, and gives back its places. */
  readmit(entry: E, now: Nanos, ran = true): void {
    this.decision.begin()
    const before = this.#passes.end(entry, now, ran)
    const lane = this.#passes.of(entry).laneToReturnTo(entry, now)
    if (lane !== null) this.#lanes.park(entry, lane, now)
    else this.#queue.readmit(entry, now)
    if (before !== undefined) this.#lanes.refill(before, now)
    this.#finish(now)
  }

  /** Whether something can be served now, or comes back. */
  mayServe(now: Nanos): boolean {
    return this.#queue.ready > 0 || this.#lanes.wakeAt <= now
  }

  /** Brings back what may begin now. */
  refill(now: Nanos): void {
    this.decision.begin()
    this.#lanes.wake(now)
    this.#finish(now)
  }

  /** Holds one key, or all, until a time. Returns the key; undefined for all. */
  backOff(scope: BackOffScope<E>, until: Nanos, now: Nanos): unknown {
    this.decision.begin()
    const key = holdBack(this.#rules, scope, until)
    this.#finish(now)
    return key
  }

  /** Before when nothing begins that has the keys of this entry: because of a rate or a back-off, of all or of these keys. */
  opensAt(entry: Waiting, now: Nanos): Nanos {
    return Math.max(this.#queue.opensAt(now), opensFor(this.#rules, entry, now))
  }

  /** Whether the rate of all lets a request begin. */
  isOpen(now: Nanos): boolean {
    return this.#queue.isOpen(now)
  }

  timeout(now: Nanos): void {
    this.decision.begin()
    this.#queue.timeout(now)
    this.#lanes.wake(now)
    this.#finish(now)
  }

  cancel(tag: unknown, now: Nanos): number {
    this.decision.begin()
    const parked = this.#lanes.tagged(tag)
    for (const entry of parked) this.#remove(entry, now)
    const found = this.#queue.cancel(tag, now)
    for (const entry of found) this.#lanes.left(entry, now)
    this.#finish(now)
    return found.length + parked.length
  }

  remove(entry: Waiting, now: Nanos): boolean {
    this.decision.begin()
    const here = this.#remove(entry as E, now)
    this.#finish(now)
    return here
  }

  /** Takes the options of the queue and of the limits over. */
  reconfigure(client: CheckedQueueOptions, limits: LimitsInForce, now: Nanos): void {
    this.decision.begin()
    const parked = this.#lanes.drain()
    this.#queue.reconfigure(client, parked, now)
    for (const entry of parked) this.#passes.watch.freed(entry, now)
    this.#rules.configure(limits, isNewestFirst(client))
    this.#lanes.configure(laneQueue(client))
    const waiting = [...this.#queue]
    this.#passes.countAnew(waiting)
    this.#arrivals.adopt(waiting, now)
    this.#passes.trim()
    this.#finish(now)
  }

  configure(): void {
    throw new Error('a limited queue is configured with its limits')
  }

  drain(): E[] {
    this.decision.begin()
    const entries = [...this]
    this.#queue.drain()
    this.#lanes.drain()
    this.#passes.countAnew(entries)
    this.#passes.trim()
    return entries
  }

  /** Takes the next request out that may begin now. Those before it are parked, or held by the rate of all. */
  #takeNext(now: Nanos): E | null {
    if (!this.#queue.lets(null, now)) return null
    for (;;) {
      const entry = this.#queue.take(now)
      if (entry === null) return null
      const pass = this.#passes.of(entry)
      const lane = pass.blockedLane(entry, now)
      if (lane === null) {
        if (this.#queue.lets(pass.cost, now)) return entry
        this.#queue.hold(entry, now)
        return null
      }
      this.#lanes.park(entry, lane, now)
      this.#lanes.refill(pass, now)
    }
  }

  #remove(entry: E, now: Nanos): boolean {
    if (this.#lanes.remove(entry, now)) {
      this.#queue.release(entry, now)
      return true
    }
    const here = this.#queue.remove(entry, now)
    if (here) this.#lanes.left(entry, now)
    return here
  }

  #queueDropped(drops: readonly Drop<E>[], now: Nanos): void {
    this.decision.addAll(drops)
    for (const { entry } of drops) this.#lanes.left(entry, now)
  }

  #laneDropped(drop: Drop<E>, now: Nanos): void {
    this.decision.add(drop)
    this.#queue.release(drop.entry, now)
  }

  #finish(now: Nanos): void {
    const at = Math.min(this.#queue.finish(now), this.#lanes.wakeAt)
    this.decision.wakeAt = at === Infinity ? null : at
  }
}
