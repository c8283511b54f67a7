import { type Nanos, parseOptions, readSafely } from '@genpool/runtime'
import { byArrival, leastOf } from './arrival'
import { BoundedLayers } from './bounded-layers'
import { type Layers } from './layers'
import { mustNotWait } from './leaf-queue'
import { allOf, type Part } from './part'
import { type CheckedQueueOptions, queueOptions, reconfigureQueue } from './queue-options'
import { type Waiting } from './waiting'

/**
 * Priorities and keys over any queue.
 *
 * - Each priority has its own queue; the highest is served first. `max` bounds the total: when it is reached, a more urgent
 *   request replaces one of the least urgent. Each queue drops by age on its own.
 * - Requests of one key are served one at a time, in the order of arrival. While one of them waits or is being served, the
 *   others stay in the lane of the key, a queue with the same options. `release` reports that the one that was served is
 *   done.
 *
 * Every operation is O(log priorities) and O(log lanes), however many requests wait.
 */
export class LayeredQueue<E extends Waiting> extends BoundedLayers<E> implements Layers<E> {
  /** Fast path: false if it is a drop queue without a `max`, which is six objects away, and seldom in the cache. */
  isBounded = this.levels.base.dropQueue?.max !== Infinity

  oldest(): Nanos | null {
    return leastOf([...this.levels.all.map((level) => level.oldest()), this.lanes.oldest()])
  }

  *[Symbol.iterator](): Iterator<E> {
    yield* [...allOf(this.parts())].sort(byArrival)
  }

  *parts(): Iterable<Part<E>> {
    for (const level of this.levels.all) yield* level.parts()
    yield* this.lanes.parts()
  }

  /** The lowest priority of those that could be served now. */
  get lowestPriority(): number | undefined {
    return this.levels.lowest?.priority
  }

  /** Whether a request that waits here is held back by its key. */
  holds(entry: E): boolean {
    return entry.key !== undefined && this.lanes.holds(entry)
  }

  /** The requests with this tag. */
  tagged(tag: unknown): readonly E[] {
    return this.tags.get(tag)
  }

  /** How many would be served before a new request of this priority. */
  ahead(priority: number): number {
    let count = 0
    for (const level of this.levels.all) if (level.priority >= priority) count += level.length
    return count
  }

  /** Fast path: adds one without key, priority or tag where no rule applies; otherwise false, and nothing changes. */
  tryEnqueue(entry: E): boolean {
    const queue = this.levels.only
    if (queue === null || this.isBounded) return this.#tryEnqueue(entry)
    if (!queue.tryEnqueue(entry)) return false
    this.readyNow++
    return true
  }

  #tryEnqueue(entry: E): boolean {
    const { base } = this.levels
    if (this.length + this.outside >= this.max || !base.tryEnqueue(entry)) return false
    this.readyNow++
    if (base.length === 1) this.levels.baseChanged()
    return true
  }

  /** Fast path: `rejoin` for one without key, priority and tag, while no queue drops by age. */
  rejoinPlain(entry: E, now: Nanos): void {
    const { levels } = this
    this.readyNow++
    if (levels.only !== null) return levels.base.insertHeldBack(entry)
    levels.base.rejoin(entry, now)
    if (levels.base.length === 1) levels.baseChanged()
  }

  /** Fast path: what `dequeue` takes where no rule applies, if it has more than `enough` of its time left; otherwise null. */
  peek(now: Nanos, enough: Nanos): E | null {
    const { levels } = this
    const queue = levels.only
    // Nothing stands beside that queue: the other lists are two objects more.
    if (queue !== null && queue.length === this.readyNow) return queue.peek(now, enough)
    return queue !== null || levels.highest === levels.base ? levels.base.peek(now, enough) : null
  }

  /** Takes what `peek` has just shown. */
  takeShown(entry: E): void {
    const { levels } = this
    this.readyNow--
    if (levels.only?.tryTake(entry) === true) return
    levels.base.takeShown(entry)
    if (levels.only === null && levels.base.length === 0) levels.baseChanged()
  }

  enqueue(entry: E, now: Nanos): void {
    mustNotWait(entry)
    // Before anything changes: it may be refused.
    this.fair?.admit(entry)
    this.decision.begin()
    if (this.hasRoomFor(entry, now)) this.enter(entry, now)
    this.finish()
  }

  /** Makes sure that `entry` may be added, here or elsewhere; otherwise drops it. */
  makePlace(entry: E, now: Nanos): boolean {
    this.decision.begin()
    const here = this.hasRoomFor(entry, now)
    this.finish()
    return here
  }

  /** Reports that `entry` is served without waiting. */
  start(entry: E): void {
    if (entry.key !== undefined) this.lanes.open(entry)
  }

  dequeue(now: Nanos): E | null {
    this.decision.begin()
    let entry: E | null
    let before: number
    // If a level dropped all that it had, another level, or a request that comes back from a lane, is next.
    do {
      before = this.length
      entry = this.takeFirst(now)
    } while (entry === null && this.readyNow > 0 && this.length < before)
    if (entry !== null) this.tags.delete(entry)
    this.finish()
    return entry
  }

  /** Reports that a request is done or was not served after all: the next one with its key may start. */
  release(entry: E, now: Nanos): void {
    this.decision.begin()
    this.vacate(entry, now)
    this.finish()
  }

  /** Takes back one that was handed out, and that keeps the turn of its key: before all that were sent at the same time. */
  readmit(entry: E, now: Nanos): void {
    this.#admit(entry)
    this.comeBack(entry, now, true)
    this.finish()
  }

  move(entry: E, priority: number, now: Nanos): boolean {
    this.decision.begin()
    const here = entry.list !== null && this.take(entry, now)
    if (here) {
      entry.priority = priority
      this.tags.add(entry)
      this.comeBack(entry, now, true)
    }
    this.finish()
    return here
  }

  check(entry: E): void {
    this.fair?.check(entry)
  }

  /**
   * One that is about to come here has its key in a fair queue from now on.
   *
   * @throws {InvalidError} if the fair queue would refuse it
   */
  admit(entry: E): void {
    this.fair?.admit(entry)
  }

  /** The same; false if the fair queue would refuse it. */
  tryAdmit(entry: E): boolean {
    return this.fair === null || readSafely(() => (this.admit(entry), true), false)
  }

  /** Takes one that was held back elsewhere: behind all that were sent at the same time. Drops nothing. */
  rejoin(entry: E, now: Nanos): void {
    this.#admit(entry)
    this.comeBack(entry, now, false)
    this.finish()
  }

  /** Takes all that was held back elsewhere, before new options are applied. Drops nothing. */
  gather(entries: readonly E[], now: Nanos): void {
    const groups = new Map<number, E[]>()
    for (const entry of entries) {
      this.#admit(entry)
      const group = groups.get(entry.priority)
      if (group === undefined) groups.set(entry.priority, [entry])
      else group.push(entry)
    }
    for (const [priority, group] of groups) {
      const level = this.levelOf(priority, now)
      level.gather(group, now)
      this.levels.changed(level)
      this.readyNow += group.length
    }
  }

  #admit(entry: E): void {
    this.decision.begin()
    this.tags.add(entry)
    if (entry.key !== undefined && !this.lanes.has(entry.key)) this.lanes.open(entry)
  }

  timeout(now: Nanos): void {
    this.decision.begin()
    this.changeAll((level) => level.timeout(now), now)
    this.keepOfLanes(this.lanes.timeout(now))
    this.finish()
  }

  cancel(tag: unknown, now: Nanos): number {
    this.decision.begin()
    const found = this.tags.get(tag)
    for (const entry of found) this.tags.delete(entry)
    // All of them leave first, so that none of them is dropped instead.
    this.keepOfLanes(this.lanes.cancel(found, now))
    this.changeAll((level) => level.cancel(tag, now), now)
    for (const entry of found) this.vacate(entry, now)
    this.finish()
    return found.length
  }

  remove(entry: Waiting, now: Nanos): boolean {
    this.decision.begin()
    const here = entry.list !== null && this.take(entry as E, now)
    this.finish()
    return here
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(parseOptions(queueOptions, options, 'options of a queue'), now)
  }

  /** `configure` with options that have been checked. */
  apply(options: CheckedQueueOptions, now: Nanos): void {
    this.decision.begin()
    const change = { from: this.options, to: options }
    this.options = options
    this.changeAll((level) => level.reconfigure((queue) => reconfigureQueue(queue, change, now), now), now)
    this.levels.baseReplaced()
    this.isBounded = this.levels.base.dropQueue?.max !== Infinity
    this.keepOfLanes(this.lanes.reconfigure(options, now))
    while (this.length > 0 && this.length + this.outside > this.max && this.shedLowest('max', now));
    this.finish()
  }

  drain(): E[] {
    this.decision.begin()
    const entries = [...this]
    for (const level of this.levels.all) {
      level.drain()
      this.levels.changed(level)
    }
    this.lanes.drain()
    for (const entry of entries) this.tags.delete(entry)
    this.readyNow = 0
    return entries
  }
}
