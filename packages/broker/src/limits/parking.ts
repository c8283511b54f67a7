import { MinHeap, type Nanos } from '@genpool/runtime'
import { leastOf } from '../queues/arrival'
import { type CheckedLeafOptions, createLeaf } from '../queues/leaf'
import { type Level } from '../queues/level'
import { type Part } from '../queues/part'
import { type Drop } from '../queues/queue'
import { TagIndex } from '../queues/tag-index'
import { type Waiting } from '../queues/waiting'
import { finite } from './lane-levels'
import { type KeyedLimit } from './keyed-limit'
import { type LimitLane } from './limit-lane'
import { ParkedList } from './parked-list'
import { type Pass } from './pass'

/** What becomes of parked requests that are dropped. */
export interface ParkingOwner<E extends Waiting> {
  /** The pass of a request that is parked. */
  passOf(entry: E): Pass<E>
  /** A parked request was dropped, by its age or for another. */
  parkedDropped(drop: Drop<E>, now: Nanos): void
}

/** The requests that are parked in the lanes of all limits. Each operation costs O(log lanes). */
export class Parking<E extends Waiting> {
  /** How many are parked. */
  length = 0
  private readonly tags = new TagIndex<E>()
  /** Those in the lanes' own queues by tag, for these queues. */
  private readonly queued = new TagIndex<E>()
  /** The parked ones of priority 0, and those of other priorities: the lowest of these first. */
  private readonly usual = new ParkedList<E>()
  private readonly byPriority = new Map<number, ParkedList<E>>()
  private readonly lowest = new MinHeap<ParkedList<E>>()

  constructor(
    private readonly owner: ParkingOwner<E>,
    /** The queue that each lane has for each priority. Change it only while nothing is parked. */
    public queue: CheckedLeafOptions,
  ) {}

  tagged(tag: unknown): readonly E[] {
    return this.tags.get(tag)
  }

  /** @param isNew whether it comes after all that are parked; otherwise it stands where its age puts it */
  park(entry: E, lane: LimitLane<E>, isNew: boolean, now: Nanos): void {
    const level = lane.knownLevel(entry.priority) ?? this.addLevel(lane, entry.priority, now)
    lane.parked++
    this.entered(entry)
    if (isNew) level.enqueue(entry, now)
    else level.readmit(entry, now)
    lane.changed(level)
    if (isNew) this.drops(lane, level, now)
  }

  /**
   * Fast path: `park` for a new one in a lane that has a drop queue; otherwise false, and nothing changes.
   *
   * @param pass null for one that is never dropped for another: it holds its key instead
   */
  tryPark(entry: E, pass: Pass<E> | null, lane: LimitLane<E>): boolean {
    const level = lane.plainLevel
    if (level === null || entry.tag !== undefined || !level.tryEnqueue(entry)) return false
    lane.parked++
    this.length++
    if (pass !== null) {
      pass.entry = entry
      this.usual.push(pass)
    }
    return true
  }

  /** Fast path: `next` where nothing has to be decided; otherwise null, and nothing changes. Call `unlist` for its pass. */
  tryNext(lane: LimitLane<E>, now: Nanos): E | null {
    const level = lane.plainLevel
    const entry = level === null ? null : level.peek(now, 0)
    if (level === null || entry === null || entry.key !== undefined) return null
    level.takeShown(entry)
    lane.parked--
    this.length--
    return entry
  }

  /** Forgets the pass of a request of priority 0 that is parked no longer. One that held its key is not known. */
  unlist(pass: Pass<E>): void {
    if (pass.entry === null) return
    pass.entry = null
    this.usual.remove(pass)
  }

  /** Takes out the next request of a lane; null if all that was left had to be dropped. */
  next(lane: LimitLane<E>, now: Nanos): E | null {
    for (let level = lane.highest; level !== undefined; level = lane.highest) {
      const entry = level.dequeue(now)
      lane.changed(level)
      this.drops(lane, level, now)
      if (entry !== null) {
        this.left(entry, lane)
        return entry
      }
      if (lane.highest === level) return null
    }
    return null
  }

  remove(entry: E, lane: LimitLane<E>, now: Nanos): boolean {
    const level = lane.knownLevel(entry.priority)
    if (level?.remove(entry, now) !== true) return false
    lane.changed(level)
    this.left(entry, lane)
    this.drops(lane, level, now)
    return true
  }

  /** Lets time pass in a lane. */
  timeout(lane: LimitLane<E>, now: Nanos): void {
    for (const level of lane.dueLevels(now)) {
      level.timeout(now)
      lane.changed(level)
      this.drops(lane, level, now)
    }
  }

  /** One of the least urgent of all; null if none is parked. */
  last(): E | null {
    const { first } = this.usual
    const other = this.lowest.first
    const last = other !== undefined && (first === null || other.heapAt < 0) ? other.first : first
    return last === null ? null : last.entry
  }

  /** Has one dropped for a more urgent one; false if it is not more urgent. */
  shedFor(entry: E, victim: E | null, now: Nanos): boolean {
    return victim !== null && victim.priority < entry.priority && this.dropFor(victim, 'priority', now)
  }

  /** Drops one, so that there is room for another; false if it is not parked. */
  dropFor(victim: E, reason: 'priority' | 'max', now: Nanos): boolean {
    const from = this.owner.passOf(victim).parkedIn
    if (from === null || !this.remove(victim, from, now)) return false
    this.owner.parkedDropped({ entry: victim, reason, sojourn: now - victim.sentAt, waiting: this.length }, now)
    return true
  }

  /** Takes all out of the lanes of a limit. */
  drain(limit: KeyedLimit<E>): E[] {
    const entries: E[] = []
    for (const lane of limit.lanes()) {
      for (const level of lane.levels) {
        entries.push(...level)
        level.drain()
      }
      lane.forgetLevels()
      lane.parked = 0
      lane.opensAt = Infinity
      limit.timers.delete(lane)
    }
    for (const entry of entries) this.exited(entry)
    return entries
  }

  /** When the oldest in the lanes of a limit was sent; null if none is. O(lanes). */
  oldestOf(limit: KeyedLimit<E>): Nanos | null {
    return leastOf(limit.lanes().flatMap(({ levels }) => levels.map((level) => level.oldest())))
  }

  *partsOf(limit: KeyedLimit<E>): Iterable<Part<E>> {
    for (const lane of limit.lanes()) yield* lane.levels
  }

  private left(entry: E, lane: LimitLane<E>): void {
    lane.parked--
    this.exited(entry)
    if (lane.parked === 0 && !this.keepsQueues(lane)) lane.forgetLevels()
  }

  private drops(lane: LimitLane<E>, level: Level<E>, now: Nanos): void {
    if (level.dropped.length === 0) return
    for (const drop of level.dropped) {
      this.left(drop.entry, lane)
      this.owner.parkedDropped(drop, now)
    }
  }

  private entered(entry: E): void {
    this.length++
    this.tags.add(entry)
    const { priority } = entry
    let peers = priority === 0 ? this.usual : this.byPriority.get(priority)
    if (peers === undefined) {
      this.byPriority.set(priority, (peers = new ParkedList<E>()))
      this.lowest.set(peers, finite(priority))
    }
    const pass = this.owner.passOf(entry)
    pass.entry = entry
    peers.push(pass)
  }

  private exited(entry: E): void {
    this.length--
    this.tags.delete(entry)
    const { priority } = entry
    const pass = this.owner.passOf(entry)
    if (priority === 0) return this.unlist(pass)
    pass.entry = null
    const peers = this.byPriority.get(priority) as ParkedList<E>
    peers.remove(pass)
    if (peers.first !== null) return
    this.byPriority.delete(priority)
    this.lowest.delete(peers)
  }

  private addLevel(lane: LimitLane<E>, priority: number, now: Nanos): Level<E> {
    if (lane.parked === 0) lane.forgetLevels()
    return lane.addLevel(priority, createLeaf<E>(this.queue, now, [], { holder: lane, tags: this.queued }))
  }

  /** Whether an empty lane keeps its queue: a drop queue remembers nothing. */
  private keepsQueues(lane: LimitLane<E>): boolean {
    return this.queue.type === 'drop' && lane.hasOneLevel
  }
}
