import { type Nanos } from '@genpool/runtime'
import { CollectedDecision } from './collected-decision'
import { FairQueue } from './fair-queue'
import { KeyLanes } from './key-lanes'
import { type Level } from './level'
import { Levels } from './levels'
import { type Drop, type Queue } from './queue'
import { type CheckedQueueOptions, createQueue } from './queue-options'
import { TagIndex } from './tag-index'
import { type Waiting } from './waiting'

/**
 * The levels and the lanes of a `LayeredQueue`: requests move between them, and all that they drop comes into one decision.
 *
 * A public operation of the queue calls `decision.begin` first and `finish` last.
 */
export abstract class Layering<E extends Waiting> {
  readonly decision = new CollectedDecision<E>()
  /** Told of a request that was held back and may be served now. */
  returned: ((entry: E) => void) | null = null
  protected readonly levels: Levels<E>
  protected readonly lanes: KeyLanes<E>
  protected readonly tags = new TagIndex<E>()
  protected options: CheckedQueueOptions
  protected readyNow = 0

  /** @param base the existing queue, which becomes the queue of priority 0 */
  constructor(options: CheckedQueueOptions, base: Queue<E>) {
    this.options = options
    this.lanes = new KeyLanes<E>(options)
    for (const entry of base) this.tags.add(entry)
    this.levels = new Levels(base)
    this.readyNow = base.length
    this.decision.wakeAt = base.decision.wakeAt
  }

  /** How many wait, including those in lanes. */
  get length(): number {
    return this.readyNow + this.lanes.length
  }

  /** How many could be served now: all except those in lanes. */
  get ready(): number {
    return this.readyNow
  }

  /** Whether another request with the same key is waiting or being served. */
  mustStepBack(entry: E): boolean {
    return entry.key !== undefined && this.lanes.has(entry.key)
  }

  /** The queue of priority 0 if it is a fair queue; otherwise null. */
  protected get fair(): FairQueue<E> | null {
    const { dropQueue, queue } = this.levels.base
    return dropQueue === null && queue instanceof FairQueue ? (queue as FairQueue<E>) : null
  }

  /** Adds `entry` to its level, or to the lane of its key while another one has the turn. */
  protected enter(entry: E, now: Nanos): void {
    this.tags.add(entry)
    if (this.mustStepBack(entry)) {
      this.keepOfLanes(this.lanes.park(entry, now))
      return
    }
    if (entry.key !== undefined) this.lanes.open(entry)
    const level = this.levelOf(entry.priority, now)
    const before = level.length
    try {
      level.enqueue(entry, now)
    } catch (error) {
      // A user's queue refuses it.
      this.tags.delete(entry)
      this.vacate(entry, now)
      throw error
    }
    this.account(level, before, now)
  }

  /** Takes the next request of the highest level; null if all of them were dropped by age. */
  protected takeFirst(now: Nanos): E | null {
    const level = this.levels.highest
    if (level === undefined) return null
    const before = level.length
    const entry = level.dequeue(now)
    this.account(level, before, now)
    return entry
  }

  /** Takes out one that waits, and ends its turn; false if it is not here. */
  protected take(entry: E, now: Nanos): boolean {
    if (entry.key !== undefined) {
      const wasHeldBack = this.lanes.remove(entry, now)
      this.keepOfLanes(this.lanes.dropped)
      if (wasHeldBack) {
        this.tags.delete(entry)
        return true
      }
    }
    const level = this.levelOf(entry.priority, now)
    const before = level.length
    const here = level.remove(entry, now)
    this.account(level, before, now)
    if (!here) return false
    this.tags.delete(entry)
    this.vacate(entry, now)
    return true
  }

  /** Ends the turn of `entry`: the next request of its key comes back from the lane. */
  protected vacate(entry: E, now: Nanos): void {
    if (entry.key === undefined) return
    const next = this.lanes.advance(entry, now)
    this.keepOfLanes(this.lanes.dropped)
    if (next === null) return
    this.comeBack(next, now, false)
    this.returned?.(next)
  }

  /** Adds one at the place of its age. @param hadIt whether a member had it; otherwise it was held back */
  protected comeBack(entry: E, now: Nanos, hadIt: boolean): void {
    const level = this.levelOf(entry.priority, now)
    if (hadIt) level.readmit(entry, now)
    else level.rejoin(entry, now)
    this.levels.changed(level)
    this.readyNow++
  }

  protected changeAll(change: (level: Level<E>) => void, now: Nanos): void {
    for (const level of this.levels.all) {
      const before = level.length
      change(level)
      this.account(level, before, now)
    }
  }

  /** Adds what a level just decided. */
  protected account(level: Level<E>, before: number, now: Nanos): void {
    this.readyNow += level.length - before
    const { dropped } = level
    this.levels.changed(level)
    this.keep(dropped, this.length - level.queue.length)
    for (const { entry } of dropped) this.vacate(entry, now)
  }

  /**
   * Adds drops to the decision.
   *
   * @param others how many requests wait beside the queue that has dropped them
   */
  protected keep(dropped: readonly Drop<E>[], others: number): void {
    for (const { entry } of dropped) this.tags.delete(entry)
    this.decision.addAll(dropped, others)
  }

  /** Adds drops of the lanes, which do not know what waits beside them. */
  protected keepOfLanes(dropped: readonly Drop<E>[]): void {
    for (const drop of dropped) {
      this.tags.delete(drop.entry)
      this.decision.add({ ...drop, waiting: this.length })
    }
  }

  protected levelOf(priority: number, now: Nanos): Level<E> {
    if (priority === 0) return this.levels.base
    return this.levels.of(priority, () => createQueue<E>(this.options, now))
  }

  /** Ends a decision: says when the queue next wants `timeout`. */
  protected finish(): void {
    const wakeAt = Math.min(this.lanes.wakeAt, this.levels.wakeAt)
    this.decision.wakeAt = wakeAt === Infinity ? null : wakeAt
  }
}
