import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { type LayeredQueue } from '../queues/layered-queue'
import { mustNotWait, type OwnDecision } from '../queues/leaf-queue'
import { type Layers } from '../queues/layers'
import { type Drop, NO_DROPS } from '../queues/queue'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { type KeyedLimit } from './keyed-limit'
import { type HoldWatch, NO_WATCH } from './hold-watch'
import { type LimitLane } from './limit-lane'
import { type LimitFigures, figuresOf } from './limit-figures'
import { isFair, isNewestFirst, laneQueue } from './limit-client'
import { LimitRules, type LimitsInForce } from './limit-rules'
import { Parking, type ParkingOwner } from './parking'
import { type Pass } from './pass'
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
export class LimitedQueue<E extends Waiting> implements Layers<E>, ParkingOwner<E> {
  readonly decision: OwnDecision<E> = { dropped: NO_DROPS, wakeAt: null }
  /** The fast path. */
  readonly short: ShortLimits<E>
  readonly #rules: LimitRules<E>
  readonly #parking: Parking<E>
  /** Whether keys take turns in the queue. */
  #isFair: boolean
  readonly #passes: Passes<E>
  /** The next request to serve, if it costs more than the rate of all allows now. It stands in front of the queue. */
  #next: E | null = null
  #drops: Drop<E>[] | null = null

  constructor(
    private readonly inner: LayeredQueue<E>,
    client: CheckedQueueOptions,
    limits: LimitsInForce,
    now: Nanos,
    /** Told which requests are held back. */
    readonly watch: HoldWatch<E> = NO_WATCH,
  ) {
    this.#isFair = isFair(client)
    this.#rules = new LimitRules<E>(limits, isNewestFirst(client))
    this.#passes = new Passes<E>(this.#rules)
    this.short = new ShortLimits<E>(this.#rules, this.#passes, inner, this)
    this.#parking = new Parking<E>(this, laneQueue(client))
    for (const entry of inner) this.#adopt(entry, now)
    inner.returned = (entry) => this.#passes.get(entry)?.enter(entry.priority)
  }

  /** A request is about to stand in the queue: tells whether the rate of all lets it begin, after those that stand there. */
  tellRate(entry: E, now: Nanos): void {
    const { gate, isPlain } = this.#rules
    const cost = isPlain ? this.ready + 1 : (this.#passes.get(entry)?.cost ?? 1)
    if (gate === null || gate.fits(cost, now)) this.watch.freed(entry, now)
    else if (this.watch.isOn) this.watch.held(entry, 'rate', undefined, now)
  }

  get length(): number {
    return this.inner.length + this.#outside
  }

  get ready(): number {
    return this.inner.ready + (this.#next === null ? 0 : 1)
  }

  get max(): number {
    return this.inner.max
  }

  *[Symbol.iterator](): Iterator<E> {
    const parked = this.#rules.all.flatMap((limit) => [...this.#parking.of(limit)])
    const all = [...(this.#next === null ? [] : [this.#next]), ...this.inner, ...parked]
    yield* all.sort((a, b) => a.sentAt - b.sentAt)
  }

  oldest(): Nanos | null {
    for (const entry of this) return entry.sentAt
    return null
  }

  ahead(priority: number): number {
    return this.inner.ahead(priority) + (this.#next === null ? 0 : 1)
  }

  /** Whether the rate of all holds a request in front of the queue. */
  get isHolding(): boolean {
    return this.#next !== null
  }

  /** What holds requests now. */
  figures(now: Nanos): LimitFigures {
    return figuresOf(this.#rules, { now, ready: this.ready, opensAt: this.#opensAt(now) })
  }

  mustStepBack(entry: E, now: Nanos): boolean {
    const pass = this.#passes.of(entry)
    if (this.inner.mustStepBack(entry) || pass.closedLane(entry.priority, now) !== null) return true
    const { gate } = this.#rules
    return gate !== null && !gate.fits(pass.cost, now)
  }

  /** The request was refused before it was queued. */
  refused(entry: E): void {
    const pass = this.#passes.get(entry)
    if (pass !== undefined) this.#passes.forget(entry, pass)
  }

  start(entry: E, now: Nanos): void {
    this.inner.start(entry)
    this.begin(entry, now)
  }

  /** Reports that a request which `dequeue` returned is served. */
  begin(entry: E, now: Nanos): void {
    this.watch.freed(entry, now)
    this.#begin()
    this.#rules.gate?.add(this.#rules.isPlain ? 1 : this.#passes.of(entry).cost, now)
    if (this.#rules.isPlain) return this.#finish(now)
    const pass = this.#passes.of(entry)
    pass.begin(now)
    for (const limit of this.#rules.all) {
      const lane = this.#passes.laneIn(limit, pass)
      if (lane === null) continue
      limit.began(lane, now)
      if (lane.parked > 0) this.#refill(lane, limit, now)
    }
    this.#finish(now)
  }

  enqueue(entry: E, now: Nanos): void {
    mustNotWait(entry)
    const pass = this.#passes.of(entry)
    this.#begin()
    if (this.#findsPlace(entry, pass, now)) this.#enter(entry, pass, now)
    else this.#passes.forget(entry, pass)
    this.#finish(now)
  }

  dequeue(now: Nanos): E | null {
    this.#begin()
    this.#wakeLanes(now)
    const entry = this.#dequeue(now)
    this.#finish(now)
    return entry
  }

  /** @param ran whether it did run; otherwise the rates take back what they counted */
  release(entry: E, now: Nanos, ran = true): void {
    this.#begin()
    this.#end(entry, now, ran)
    this.#releaseKey(entry, now)
    this.#finish(now)
  }

  /** Takes back one that was handed out. It keeps the turn of its key, and gives back its places. */
  readmit(entry: E, now: Nanos, ran = true): void {
    this.#begin()
    const before = this.#ended(entry, now, ran)
    const pass = this.#passes.of(entry)
    const lane = pass.laneToReturnTo(entry, now)
    if (lane !== null) this.#park(entry, pass, lane, now)
    else this.#ready(entry, pass, now)
    if (before !== undefined) this.#refillBoth(before, now)
    this.#finish(now)
  }

  /** Brings back what may begin now. */
  refill(now: Nanos): void {
    this.#begin()
    this.#wakeLanes(now)
    this.#finish(now)
  }

  /** Whether the rate of all lets a request begin. */
  isOpen(now: Nanos): boolean {
    return this.#opensAt(now) <= now
  }

  timeout(now: Nanos): void {
    this.#begin()
    this.inner.timeout(now)
    this.#takeDrops(now)
    this.#wakeLanes(now)
    this.#finish(now)
  }

  cancel(tag: unknown, now: Nanos): number {
    this.#begin()
    const parked = this.#parking.tagged(tag)
    for (const entry of parked) this.#remove(entry, now)
    this.#putBackNext(now)
    const found = this.inner.tagged(tag)
    const count = this.inner.cancel(tag, now)
    this.#takeDrops(now)
    for (const entry of found) this.#gone(entry, now)
    this.#finish(now)
    return count + parked.length
  }

  remove(entry: Waiting, now: Nanos): boolean {
    this.#begin()
    const here = this.#remove(entry as E, now)
    this.#finish(now)
    return here
  }

  /** Takes the options of the queue and of the limits over. */
  reconfigure(client: CheckedQueueOptions, limits: LimitsInForce, now: Nanos): void {
    this.#begin()
    const parked = this.#rules.all.flatMap((limit) => this.#parking.drain(limit))
    this.#putBackNext(now)
    for (const entry of parked) {
      this.inner.readmit(entry, now)
      this.watch.freed(entry, now)
    }
    this.inner.apply(client, now)
    this.#takeDrops(now)
    this.#isFair = isFair(client)
    this.#rules.configure(limits, isNewestFirst(client))
    this.#parking.queue = laneQueue(client)
    const waiting = [...this.inner]
    this.#passes.countAnew(waiting)
    for (const entry of waiting) this.#adopt(entry, now)
    this.#passes.trim()
    this.#finish(now)
  }

  configure(): void {
    throw new Error('a limited queue is configured with its limits')
  }

  drain(): E[] {
    this.#begin()
    const entries = [...this]
    this.inner.drain()
    for (const limit of this.#rules.all) this.#parking.drain(limit)
    this.#next = null
    this.#passes.countAnew(entries)
    this.#passes.trim()
    return entries
  }

  laneOf(entry: E): LimitLane<E> | null {
    return this.#passes.get(entry)?.parkedIn ?? null
  }

  parkedDropped(drop: Drop<E>, now: Nanos): void {
    const pass = this.#passes.get(drop.entry)
    this.#passes.delete(drop.entry)
    this.#push(drop)
    if (pass?.parkedIn) this.#reschedule(pass.parkedIn, this.#passes.limitOf(pass.parkedIn, pass), now)
    this.#releaseKey(drop.entry, now)
  }

  get #outside(): number {
    return this.#parking.length + (this.#next === null ? 0 : 1)
  }

  #dequeue(now: Nanos): E | null {
    const { gate, leastCost } = this.#rules
    if (gate !== null && !gate.fits(leastCost, now)) return null
    for (;;) {
      const entry = this.#takeNext(now)
      if (entry === null) return null
      const pass = this.#passes.of(entry)
      const lane = pass.blockedLane(entry, now)
      if (lane !== null) this.#park(entry, pass, lane, now)
      else if (gate === null || gate.fits(pass.cost, now)) return entry
      else {
        pass.enter(entry.priority)
        this.#next = entry
        if (this.watch.isOn) this.watch.held(entry, 'rate', undefined, now)
        this.inner.outside = this.#outside
        return null
      }
      this.#refillBoth(pass, now)
    }
  }

  /** The next request of the queue, which leaves it. */
  #takeNext(now: Nanos): E | null {
    let entry = this.#next
    this.#next = null
    if (entry === null) {
      entry = this.inner.dequeue(now)
      this.#takeDrops(now)
    }
    if (entry !== null) this.#passes.of(entry).leave()
    return entry
  }

  /** Makes sure that one more may wait; otherwise drops `entry`. */
  #findsPlace(entry: E, pass: Pass<E>, now: Nanos): boolean {
    const { keyed } = pass
    if (keyed !== null && keyed.waiting >= keyed.rules.max) {
      if (!this.#parking.shedFor(entry, this.#parking.lastOf(keyed), now)) return this.#drop(entry, 'max', now)
    }
    if (this.length < this.max) return true
    const last = this.#parking.last()
    const isLowest = last !== null && last.priority <= (this.inner.lowestPriority ?? Infinity)
    if (isLowest && this.#parking.shedFor(entry, last, now)) return true
    this.inner.outside = this.#outside
    const here = this.inner.makePlace(entry, now)
    this.#takeDrops(now)
    return here
  }

  #enter(entry: E, pass: Pass<E>, now: Nanos): void {
    this.#letPass(entry, now)
    // One with a key takes its turn in the queue first: requests of one key keep their order.
    const lane = entry.key === undefined ? pass.closedLane(entry.priority, now) : null
    if (lane !== null) {
      this.#park(entry, pass, lane, now, true)
      return
    }
    if (this.inner.mustStepBack(entry)) pass.place = 'behind'
    else pass.enter(entry.priority)
    this.tellRate(entry, now)
    this.inner.outside = this.#outside
    this.inner.enqueue(entry, now)
    this.#takeDrops(now)
  }

  /** Another request may be served before the one that the rate of all holds. In a fair queue only one more urgent is. */
  #letPass(entry: E, now: Nanos): void {
    if (this.#next !== null && (!this.#isFair || entry.priority > this.#next.priority)) this.#putBackNext(now)
  }

  #putBackNext(now: Nanos): void {
    if (this.#next === null) return
    const entry = this.#next
    this.#next = null
    this.inner.readmit(entry, now)
  }

  #park(entry: E, pass: Pass<E>, lane: LimitLane<E>, now: Nanos, isNew = false): void {
    pass.place = 'parked'
    pass.parkedIn = lane
    this.#parking.park(entry, lane, isNew, now)
    const limit = this.#passes.limitOf(lane, pass)
    if (this.watch.isOn) this.watch.held(entry, limit === this.#rules.keyed ? 'limits' : 'rate', lane.key, now)
    if (!isNew || lane.mayBeNext(entry)) this.#reschedule(lane, limit, now)
    else this.#schedule(lane, limit, now)
  }

  #ready(entry: E, pass: Pass<E>, now: Nanos): void {
    this.#letPass(entry, now)
    pass.parkedIn = null
    this.tellRate(entry, now)
    pass.enter(entry.priority)
    this.inner.readmit(entry, now)
  }

  #wakeLanes(now: Nanos): void {
    for (const limit of this.#rules.all) {
      if (limit.timers.least > now) continue
      for (const lane of limit.timers.upTo(now)) {
        this.#parking.timeout(lane, now)
        this.#refill(lane, limit, now)
      }
    }
  }

  /** Brings back as many parked requests of a lane as may begin now. */
  #refill(lane: LimitLane<E>, limit: KeyedLimit<E>, now: Nanos): void {
    const least = this.#rules.leastIn(limit)
    lane.opensAt = Infinity
    while (lane.parked > 0 && lane.hasPlace()) {
      lane.opensAt = lane.fitsAt(least, now)
      if (lane.opensAt > now) break
      lane.opensAt = Infinity
      const entry = this.#parking.next(lane, now)
      if (entry === null) break
      const pass = this.#passes.of(entry)
      const at = lane.fitsAt(pass.costIn(lane), now)
      if (at > now) {
        this.#parking.park(entry, lane, false, now)
        lane.opensAt = at
        break
      }
      const other = pass.otherThan(lane)
      if (other?.isBlocked(pass.costIn(other), now) === true) this.#park(entry, pass, other, now)
      else this.#ready(entry, pass, now)
    }
    limit.timers.set(lane, lane.wakeAt)
    limit.forget(lane)
  }

  /** Sets when a lane is due, after another request has become its next one. */
  #reschedule(lane: LimitLane<E>, limit: KeyedLimit<E>, now: Nanos): void {
    if (lane.rules.inOrder || lane.parked === 0) lane.opensAt = Infinity
    this.#schedule(lane, limit, now)
  }

  /** Sets when a lane is due, after something was parked in it. */
  #schedule(lane: LimitLane<E>, limit: KeyedLimit<E>, now: Nanos): void {
    if (lane.rate !== null && lane.parked > 0 && lane.opensAt === Infinity && lane.hasPlace()) {
      lane.opensAt = lane.fitsAt(this.#rules.leastIn(limit), now)
    }
    limit.timers.set(lane, lane.wakeAt)
  }

  /** A request is done, or was not served after all. */
  #end(entry: E, now: Nanos, ran: boolean): void {
    const pass = this.#ended(entry, now, ran)
    if (pass !== undefined) this.#refillBoth(pass, now)
  }

  #ended(entry: E, now: Nanos, ran: boolean): Pass<E> | undefined {
    const pass = this.#passes.get(entry)
    if (pass === undefined) {
      // Without a pass the time of its begin is known only if it is now.
      if (!ran && this.#rules.isPlain) this.#rules.gate?.undo(1, now)
      return undefined
    }
    if (pass.place === 'running') {
      if (!ran) this.#rules.gate?.undo(pass.cost, pass.beganAt)
      pass.end(ran)
    }
    this.#passes.forget(entry, pass)
    return pass
  }

  #refillBoth(pass: Pass<E>, now: Nanos): void {
    for (const lane of [pass.keyed, pass.rated]) {
      if (lane !== null && lane.parked > 0) this.#refill(lane, this.#passes.limitOf(lane, pass), now)
    }
  }

  #remove(entry: E, now: Nanos): boolean {
    const pass = this.#passes.get(entry)
    if (pass?.place === 'parked' && pass.parkedIn !== null) {
      const lane = pass.parkedIn
      if (!this.#parking.remove(entry, lane, now)) return false
      this.#passes.forget(entry, pass)
      this.#reschedule(lane, this.#passes.limitOf(lane, pass), now)
      this.#releaseKey(entry, now)
      return true
    }
    if (this.#next === entry) this.#putBackNext(now)
    const here = this.inner.remove(entry, now)
    this.#takeDrops(now)
    if (here) this.#gone(entry, now)
    return here
  }

  #releaseKey(entry: E, now: Nanos): void {
    if (entry.key === undefined) return
    if (!this.#isFair) this.#putBackNext(now)
    this.inner.release(entry, now)
    this.#takeDrops(now)
  }

  /** A request left the queue for good, and its places are free for others. */
  #gone(entry: E, now: Nanos): void {
    const pass = this.#passes.get(entry)
    if (pass === undefined) return
    if (pass.place === 'ready') pass.leave()
    this.#passes.forget(entry, pass)
    this.#refillBoth(pass, now)
  }

  #takeDrops(now: Nanos): void {
    this.inner.outside = this.#outside
    const { dropped } = this.inner.decision
    for (const drop of dropped) this.#push(drop)
    for (const { entry } of dropped) this.#gone(entry, now)
  }

  /** Counts one that waits; drops it if it cannot be counted, or may never begin. */
  #adopt(entry: E, now: Nanos): void {
    if (this.#passes.adopt(entry, this.inner.holds(entry))) return
    this.inner.remove(entry, now)
    this.#drop(entry, 'rate', now)
  }

  #drop(entry: E, reason: DropReason, now: Nanos): false {
    this.#push({ entry, reason, sojourn: now - entry.sentAt, waiting: this.length })
    return false
  }

  #push(drop: Drop<E>): void {
    if (this.#drops === null) this.decision.dropped = this.#drops = []
    this.#drops.push(drop)
  }

  /** When the rate of all lets the next request begin. */
  #opensAt(now: Nanos): Nanos {
    const { gate, leastCost } = this.#rules
    if (gate === null || this.ready === 0) return -Infinity
    return gate.opensAt(this.#next === null ? leastCost : this.#passes.of(this.#next).cost, now)
  }

  #begin(): void {
    this.decision.dropped = NO_DROPS
    this.#drops = null
  }

  #finish(now: Nanos): void {
    this.inner.outside = this.#outside
    let at = this.inner.decision.wakeAt ?? Infinity
    for (const { timers } of this.#rules.all) at = Math.min(at, timers.least)
    if (!this.isOpen(now)) at = Math.min(at, this.#opensAt(now))
    this.decision.wakeAt = at === Infinity ? null : at
  }
}
