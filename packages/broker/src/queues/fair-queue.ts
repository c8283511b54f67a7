import { checkTime, MinHeap, type Nanos, readSafely } from '@genpool/runtime'
import { byArrival, numberAsLast, type Numbered } from './arrival'
import { CollectedDecision } from './collected-decision'
import { DropQueue } from './drop-queue'
import { groupsByKey, groupsByLane } from './fair-groups'
import { compareKeys, identify, keyFunction, sameBy } from './fair-keys'
import { type CheckedFairOptions, checkFairOptions, type FairOptions } from './fair-options'
import { byKey, type FairKey, type HasFairKey, keptKey, type Lane, noKey } from './fair-lane'
import { FairLanes } from './fair-lanes'
import { mustNotWait } from './leaf-queue'
import { type Part } from './part'
import { type Queue } from './queue'
import { type Waiting } from './waiting'

/** A queue of queues that take turns. See `fairQueue`. */
export class FairQueue<E extends Waiting> implements Queue<E> {
  readonly max = Infinity
  readonly decision = new CollectedDecision<E>()
  #options: CheckedFairOptions
  #keyOf: (value: unknown) => unknown
  #length = 0
  /** The last one whose key was found, and that has not been added. */
  #admitted: E | null = null
  readonly #lanes: FairLanes<E>
  /** Active lanes that want a timer, by time. */
  readonly #timers = new MinHeap<Lane<E>>()
  /** No lane wants a timer before this time. It may be too early after lanes have left. */
  #nextAll: Nanos = Infinity

  constructor(options: CheckedFairOptions, now: Nanos, items: Iterable<E>) {
    this.#options = options
    this.#keyOf = keyFunction(options.by)
    this.#lanes = new FairLanes<E>(options)
    this.#createFrom(items, now)
  }

  get length(): number {
    return this.#length
  }

  *[Symbol.iterator](): Iterator<E> {
    // As in sbroker, requests of one time by their tags.
    yield* this.#all().sort((a, b) => a.sentAt - b.sentAt || compareKeys(a.tag, b.tag) || byArrival(a, b))
  }

  /** The queues of its keys. */
  *parts(): Iterable<Part<E>> {
    for (const { queue } of this.#lanes) yield queue
  }

  oldest(): Nanos | null {
    let least: Nanos | null = null
    for (const { queue } of this.#lanes) {
      const front = queue.oldest()
      if (front !== null && (least === null || front < least)) least = front
    }
    return least
  }

  enqueue(entry: E, now: Nanos): void {
    mustNotWait(entry)
    this.admit(entry)
    this.#admitted = null
    const key = (entry as HasFairKey).fairKey as FairKey
    this.decision.begin()
    let lane = this.#lanes.find(key.id)
    if (lane === undefined) lane = this.#addLane(key, [entry], now)
    else {
      const before = lane.queue.length
      lane.queue.enqueue(entry, now)
      this.#account(lane, before)
    }
    this.#stands(entry, lane)
    this.#lanes.join(lane)
    this.#settle(lane, now)
  }

  /** @throws {InvalidError} if `enqueue` would refuse a request for its key. Nothing changes */
  check(entry: E): void {
    this.#find(entry)
  }

  /** One that is about to `enqueue`, or to `rejoin` after it was held back elsewhere, has its key from now on. @throws {InvalidError} as `enqueue` */
  admit(entry: E): void {
    if (entry === this.#admitted) return
    ;(entry as HasFairKey).fairKey = this.#find(entry)
    this.#admitted = entry
  }

  dequeue(now: Nanos): E | null {
    this.decision.begin()
    for (let lane = this.#lanes.next(); lane !== null; lane = this.#lanes.next()) {
      const before = lane.queue.length
      const entry = lane.queue.dequeue(now)
      this.#account(lane, before)
      if (entry !== null) {
        this.#lanes.served(lane)
        this.#settle(lane, now)
        return entry
      }
      // First, since a retired lane stands in another heap.
      this.#timers.delete(lane)
      this.#lanes.passOver(lane, now)
    }
    this.#nextAll = Infinity
    this.#finish(now)
    return null
  }

  timeout(now: Nanos): void {
    this.decision.begin()
    if (now >= this.#nextAll) this.#letTimePass(null, now)
    this.#finish(now)
  }

  cancel(tag: unknown, now: Nanos): number {
    return this.#removeAll(this.#lanes.tags.get(tag), now)
  }

  remove(entry: Waiting, now: Nanos): boolean {
    const here = this.#lanes.owns(entry.list?.holder)
    return this.#removeAll(here ? [entry as E] : [], now) === 1
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkFairOptions(options), now)
  }

  /** `configure` with options that have been checked. */
  apply(options: CheckedFairOptions, now: Nanos): void {
    const before = this.#options
    this.#options = options
    this.#lanes.configure(options)
    if (sameBy(before.by, options.by)) {
      this.#reconfigure(now)
      return
    }
    this.#keyOf = keyFunction(options.by)
    const items = [...this]
    this.drain()
    this.#createFrom(items, now)
  }

  /** Takes back one that was taken out: in its lane it stands where its age puts it. Drops nothing. */
  readmit(entry: E, now: Nanos): void {
    this.#comeBack(entry, (queue) => queue.readmit(entry), now)
  }

  /** Adds one that was held back elsewhere: in its lane it stands behind all that were not sent later. Drops nothing. */
  rejoin(entry: E, now: Nanos): void {
    this.#comeBack(entry, (queue) => queue.rejoin(entry), now)
  }

  #comeBack(entry: E, add: (queue: Lane<E>['queue']) => void, now: Nanos): void {
    const key = this.#findAgain(entry)
    this.#admitted = null
    this.decision.begin()
    const lane = this.#lanes.find(key.id) ?? this.#addLane(key, [], now)
    this.#stands(entry, lane)
    this.#lanes.rejoin(lane)
    add(lane.queue)
    this.#length++
    // Its age may be over: the next call of `timeout` looks, which is later than this one.
    this.#timers.set(lane, lane.queue instanceof DropQueue ? Infinity : now + 1)
    this.#settleAll(now)
  }

  drain(): E[] {
    const items = this.#all().sort(byArrival)
    for (const lane of this.#lanes) {
      lane.queue.drain()
      this.#timers.delete(lane)
    }
    this.#lanes.clear()
    this.#length = 0
    this.#nextAll = Infinity
    this.decision.begin()
    return items
  }

  /** All that wait, in no order. */
  #all(): E[] {
    return [...this.#lanes].flatMap((lane) => [...lane.queue])
  }

  #createFrom(items: Iterable<E>, now: Nanos): void {
    this.decision.begin()
    const groups = groupsByKey(items, (item) => {
      numberAsLast(item as Numbered)
      return this.#findAgain(item)
    })
    const lanes = groups.map(({ key, items: own }) => this.#addLane(key, own, now))
    for (const lane of lanes) for (const item of lane.queue) this.#stands(item, lane)
    // The first turns are in descending order of the keys, as in sbroker.
    for (const lane of lanes.reverse()) this.#lanes.join(lane)
    this.#settleAll(now)
  }

  #reconfigure(now: Nanos): void {
    this.decision.begin()
    for (const lane of this.#lanes.recallAll()) {
      const before = lane.queue.length
      this.#lanes.reconfigure(lane, now)
      this.#account(lane, before)
    }
    this.#settleAll(now)
  }

  /** @throws {InvalidError} if its key is none, or if the user's function throws */
  #find(entry: E): FairKey {
    const value = this.#keyOf(entry.subject)
    return { value, id: identify(value), by: this.#options.by }
  }

  /** The key of one that was admitted: here, or before there was this queue. Without a key that can be found it is undefined. */
  #findAgain(entry: E): FairKey {
    const { by } = this.#options
    return keptKey(entry as HasFairKey, by) ?? readSafely(() => this.#find(entry), noKey(by))
  }

  /** What stands in a lane has its key, and its place among all that came. */
  #stands(entry: E & HasFairKey, { key }: Lane<E>): void {
    entry.fairKey = key
    numberAsLast(entry as Numbered)
  }

  #addLane(key: FairKey, items: readonly E[], now: Nanos): Lane<E> {
    const lane = this.#lanes.add(key, items, now)
    this.#account(lane, 0)
    return lane
  }

  #removeAll(entries: readonly E[], now: Nanos): number {
    this.decision.begin()
    for (const [lane, own] of groupsByLane(entries, this.#timers.upTo(now))) {
      const before = lane.queue.length
      lane.queue.removeAll(own, now)
      this.#account(lane, before)
    }
    this.#settleAll(now)
    return entries.length
  }

  /** Adds what `lane` just decided to the decision of the fair queue. */
  #account(lane: Lane<E>, before: number): void {
    const { dropped, wakeAt } = lane.queue.decision
    this.#length += lane.queue.length - before
    this.#timers.set(lane, wakeAt ?? Infinity)
    this.decision.addAll(dropped, this.#length - lane.queue.length)
  }

  /** Ends a call that changed only `lane`: calls the other lanes if one of them is due. */
  #settle(lane: Lane<E>, now: Nanos): void {
    if (now < this.#nextAll) this.#nextAll = Math.min(lane.queue.decision.wakeAt ?? Infinity, this.#nextAll)
    else this.#letTimePass(lane, now)
    this.#finish(now)
  }

  #settleAll(now: Nanos): void {
    this.#nextAll = this.#timers.least
    this.#finish(now)
  }

  #finish(now: Nanos): void {
    this.#lanes.collect(now)
    this.decision.wakeAt = this.#nextAll === Infinity ? null : this.#nextAll
  }

  /** Calls every lane that wants a timer, except one. For the other lanes it would make no difference. */
  #letTimePass(except: Lane<E> | null, now: Nanos): void {
    for (const lane of this.#timers.upTo(now).sort(byKey)) {
      if (lane === except) continue
      const before = lane.queue.length
      lane.queue.timeout(now)
      this.#account(lane, before)
    }
    this.#nextAll = this.#timers.least
  }
}

/**
 * A queue in which keys take turns, so that one user with many requests does not delay the others.
 *
 * Each key has its own queue, with its own `max` and its own rule for ages. Use it where several users or tenants share the
 * members. Finding the next timer costs O(log keys), and with
 * weights also the next turn; everything else is O(1).
 *
 * @param options `by` finds the key of a request (default: the whole value); `queue` is the queue of each key (default: drop)
 * @param items requests that are already waiting, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sbroker_fair_queue; Nagle, On Packet Switches with Infinite Storage, RFC 970
 * @see WeightedTurns for how keys with weights take turns
 * @example const queue = fairQueue<Waiting>({ type: 'fair', by: { property: 'tenant' } }, 0)
 */
export function fairQueue<E extends Waiting>(options: FairOptions, now: Nanos, items: Iterable<E> = []): Queue<E> {
  checkTime('fairQueue', now)
  return new FairQueue<E>(checkFairOptions(options), now, items)
}
