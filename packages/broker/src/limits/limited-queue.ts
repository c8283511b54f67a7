import { type Change, type Nanos, readSafely } from '@genpool/runtime'
import { numberAsFirst, type Numbered } from '../queues/arrival'
import { mustNotWait } from '../queues/leaf-queue'
import { type Layers } from '../queues/layers'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { type BackOffScope, holdBack, holdOne, opensFor } from './back-off'
import { holdOf } from './hold'
import { type HoldingLimit } from './hold-watch'
import { isNewestFirst, laneQueue } from './limit-client'
import { type LimitsInForce } from './limit-rules'
import { LimitedWaiting } from './limited-waiting'
import { type Pass } from './pass'

/** Options of a rate that are numbers. */
const NUMBERS = /^rate\.(limit|interval|burst)$/

interface ChangedTo extends LimitsInForce {
  readonly client: CheckedQueueOptions
}

/**
 * Rates and limits per key over a layered queue.
 *
 * A request that may not begin yet is parked in the lane of the key that holds it, and comes back to its old place when it
 * may. What the rate of all holds stays in the queue, and nothing is served until the rate lets the next one begin.
 *
 * Every operation is O(log keys), however many requests wait.
 */
export class LimitedQueue<E extends Waiting> extends LimitedWaiting<E> implements Layers<E> {
  mustStepBack(entry: E, now: Nanos): boolean {
    return this.arrivals.mustWait(entry, now)
  }

  /** @throws {InvalidError} if a new request cannot be counted, since its key or its cost is wrong. Nothing changes */
  check(entry: E): void {
    this.queue.check(entry)
    if (this.passes.get(entry) !== undefined) return
    this.passes.of(entry)
    this.refused(entry)
    ;(entry as Numbered).arrival = undefined
  }

  /** The request was refused before it was queued. */
  refused(entry: E): void {
    const pass = this.passes.get(entry)
    if (pass !== undefined) this.passes.forget(entry, pass)
  }

  start(entry: E, now: Nanos): void {
    this.queue.start(entry)
    this.begin(entry, now)
  }

  /** Reports that a request which `dequeue` returned is served. */
  begin(entry: E, now: Nanos): void {
    this.passes.watch.freed(entry, now)
    this.decision.begin()
    const { gate, isPlain } = this.rules
    gate?.add(isPlain ? 1 : this.passes.of(entry).cost, now)
    if (!isPlain) this.lanes.began(this.passes.of(entry), now)
    this.finish(now)
  }

  enqueue(entry: E, now: Nanos): void {
    mustNotWait(entry)
    const pass = this.passes.of(entry)
    this.decision.begin()
    try {
      this.queue.admit(entry)
      this.arrivals.add(entry, pass, now)
    } catch (error) {
      // The queue refuses it.
      this.lanes.left(entry, now)
      throw error
    }
    this.finish(now)
  }

  dequeue(now: Nanos): E | null {
    this.decision.begin()
    this.lanes.wake(now)
    const entry = this.#takeNext(now)
    this.finish(now)
    return entry
  }

  /** @param ran whether it did run; otherwise the rates take back what they counted */
  release(entry: E, now: Nanos, ran = true): void {
    this.decision.begin()
    const pass = this.passes.end(entry, now, ran)
    if (pass !== undefined) this.lanes.refill(pass, now)
    this.queue.release(entry, now)
    this.finish(now)
  }

  /** Takes back one that was handed out. It keeps the turn of its key, and gives back its places. */
  readmit(entry: E, now: Nanos, ran = true): void {
    this.decision.begin()
    const before = this.passes.stop(entry, now, ran)
    if (!this.rules.isPlain) numberAsFirst(entry as Numbered)
    this.#comeBack(entry, before, now)
    if (before !== undefined) this.lanes.refill(before, now)
    this.finish(now)
  }

  move(entry: E, priority: number, now: Nanos): boolean {
    this.decision.begin()
    const before = this.passes.get(entry)
    // Its lanes stay while it is nowhere.
    before?.count(1)
    const here = this.takeOut(entry, now)
    if (here) {
      entry.priority = priority
      this.#comeBack(entry, before, now)
    } else if (before !== undefined) this.passes.letGo(before)
    this.finish(now)
    return here
  }

  /** Puts one back at its place; drops it if the limits have changed meanwhile, and it can never begin. @param before see `Passes` */
  #comeBack(entry: E, before: Pass<E> | undefined, now: Nanos): void {
    const unfit = this.passes.again(entry, before)
    if (unfit !== null) {
      this.decision.add({ ...unfit, entry, reason: 'rate', sojourn: now - entry.sentAt, waiting: this.length })
      return this.queue.release(entry, now)
    }
    const pass = this.passes.of(entry)
    this.keyBound.willWait(entry, pass, false)
    const lane = pass.laneToReturnTo(entry, now)
    if (lane !== null) this.lanes.park(entry, lane, now)
    else this.queue.readmit(entry, now)
  }

  /** Whether something can be served now, or comes back. */
  mayServe(now: Nanos): boolean {
    return this.queue.ready > 0 || this.lanes.wakeAt <= now
  }

  /** Brings back what may begin now. */
  refill(now: Nanos): void {
    this.decision.begin()
    this.lanes.wake(now)
    this.finish(now)
  }

  /** Holds one key, or all, until a time. Returns the key; undefined for all. */
  backOff(scope: BackOffScope<E>, until: Nanos, now: Nanos): unknown {
    this.decision.begin()
    const key = holdBack(this.rules, scope, until, this.passes.get(scope.entry))
    for (const entry of scope.again ?? []) this.#holdOne(entry, until)
    const { held } = this.queue
    // The rate holds it in front of the others, and now its own key does: they go on.
    if (held !== null) this.#parkBlocked(held, now)
    this.finish(now)
    return key
  }

  /** One that began before there were limits, and whose key cannot be found, waits in no lane: it is dropped when it comes back. */
  #holdOne(entry: E, until: Nanos): void {
    const pass = readSafely(() => this.passes.of(entry), null)
    if (pass !== null) holdOne(this.rules, pass, until)
  }

  #parkBlocked(held: E, now: Nanos): void {
    const pass = this.passes.of(held)
    const lane = pass.blockedLane(held, now)
    if (lane === null || this.queue.take(now) !== held) return
    this.lanes.park(held, lane, now)
    this.lanes.refill(pass, now)
  }

  /** Before when nothing begins that has the keys of this entry: because of a rate or a back-off, of all or of these keys. */
  opensAt(entry: Waiting, now: Nanos): Nanos {
    return Math.max(this.queue.opensAt(now), opensFor(this.rules, entry, now))
  }

  /** What holds back an entry with these keys now; undefined if it would wait for a member only, or for the turn of its key. */
  holderOf(entry: Waiting, now: Nanos): HoldingLimit | undefined {
    const { gate, all, leastCost } = this.rules
    if (holdOf(gate) > now) return 'backOff'
    for (const limit of all) {
      const holder = limit.holderOf(entry, this.rules.leastIn(limit), now)
      if (holder !== undefined) return holder
    }
    const opensAt = gate === null ? now : Math.max(this.queue.opensAt(now), gate.opensAt(leastCost, now))
    return opensAt > now ? 'rate' : undefined
  }

  /** Whether the rate of all lets a request begin. */
  isOpen(now: Nanos): boolean {
    return this.queue.isOpen(now)
  }

  timeout(now: Nanos): void {
    this.decision.begin()
    this.queue.timeout(now)
    this.lanes.wake(now)
    this.finish(now)
  }

  /**
   * Takes the options of the queue and of the limits over.
   *
   * Fast path: a change of other options, or of the numbers of a rate of all, looks at nothing that waits, with 100 000 in a hundredth of
   * the time.
   */
  change(to: ChangedTo, changes: readonly Change[], now: Nanos): void {
    if (this.rules.isPlain && changes.every(({ path }) => NUMBERS.test(path))) {
      this.rules.configure(to, isNewestFirst(to.client))
      this.timeout(now)
    } else if (changes.some(({ path }) => /^(client|rate|limits)\b/.test(path))) this.reconfigure(to.client, to, now)
    else this.timeout(now)
  }

  private reconfigure(client: CheckedQueueOptions, limits: LimitsInForce, now: Nanos): void {
    this.decision.begin()
    this.keyBound.reset()
    const parked = this.lanes.drain()
    this.queue.reconfigure(client, parked, now)
    for (const entry of parked) this.passes.watch.freed(entry, now)
    this.rules.configure(limits, isNewestFirst(client))
    this.lanes.configure(laneQueue(client))
    const waiting = [...this.queue]
    this.arrivals.adopt(waiting, this.passes.countAnew(waiting), now)
    this.passes.trim()
    this.finish(now)
  }

  configure(): void {
    throw new Error('a limited queue is configured with its limits')
  }

  /** Takes the next request out that may begin now. Those before it are parked, or held by the rate of all. */
  #takeNext(now: Nanos): E | null {
    if (!this.queue.lets(null, now)) return null
    for (;;) {
      const entry = this.queue.take(now)
      if (entry === null) return null
      const pass = this.passes.of(entry)
      const lane = pass.blockedLane(entry, now)
      if (lane === null) {
        if (this.queue.lets(pass.cost, now)) return entry
        this.queue.hold(entry, now)
        return null
      }
      this.lanes.park(entry, lane, now)
      this.lanes.refill(pass, now)
    }
  }
}
