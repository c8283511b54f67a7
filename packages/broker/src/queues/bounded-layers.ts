import { type Nanos } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { Layering } from './layering'
import { LeafQueue } from './leaf-queue'
import { type Queue } from './queue'
import { type Waiting } from './waiting'

/** `max` bounds all levels and lanes together. When it is reached, a more urgent request replaces one of the least urgent. */
export abstract class BoundedLayers<E extends Waiting> extends Layering<E> {
  /** How many requests wait elsewhere and count towards `max`. */
  outside = 0

  get max(): number {
    return this.levels.base.queue.max
  }

  /** Whether there is room for `entry`, or it can be made; otherwise drops it. */
  protected hasRoomFor(entry: E, now: Nanos): boolean {
    if (this.length + this.outside < this.max || this.#makeRoom(entry, now)) return true
    this.#drop(entry, 'max', now)
    return false
  }

  /** Frees one place for `entry` in a full queue, if it is allowed one. */
  #makeRoom(entry: E, now: Nanos): boolean {
    const { lowest } = this.levels
    if (lowest === undefined || lowest.priority > entry.priority) return false
    if (lowest.priority < entry.priority) return this.shedLowest('priority', now)
    return dropsHead(lowest.queue) && this.shedLowest('max', now)
  }

  /** Drops one of the least urgent requests; false if there is none. */
  protected shedLowest(reason: DropReason, now: Nanos): boolean {
    const level = this.levels.lowest
    const victim = level?.victim(dropsHead(level.queue)) ?? this.lanes.first()
    if (victim === null) return false
    this.take(victim, now)
    this.#drop(victim, reason, now)
    return true
  }

  #drop(entry: E, reason: DropReason, now: Nanos): void {
    this.decision.add({ entry, reason, sojourn: now - entry.sentAt, waiting: this.length })
  }
}

function dropsHead(queue: Queue<Waiting>): boolean {
  return queue instanceof LeafQueue && queue.makesRoom
}
