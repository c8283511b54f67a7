import { MinHeap, type Nanos, type Scheduled } from '@genpool/runtime'
import { type Level } from '../queues/level'
import { type Waiting } from '../queues/waiting'

/** The place of a level in one heap. */
class Place<E extends Waiting> implements Scheduled {
  heapAt = Infinity
  heapIndex = -1
  /** Its place by time. Made when its queue first wants `timeout`. */
  due: Place<E> | null = null

  constructor(readonly level: Level<E>) {}
}

/** The levels of a lane, while there are several: none is empty. Each operation is O(log levels). */
export class LaneLevels<E extends Waiting> {
  private readonly places = new Map<number, Place<E>>()
  /** The highest first. */
  private readonly fromTop = new MinHeap<Place<E>>()
  /** Those that want `timeout`, by time. Made when there is the first. */
  private byTime: MinHeap<Place<E>> | null = null

  get size(): number {
    return this.places.size
  }

  /** In no order. */
  get all(): readonly Level<E>[] {
    return Array.from(this.places.values(), ({ level }) => level)
  }

  get highest(): Level<E> | undefined {
    return this.fromTop.first?.level
  }

  /** When to call the first of them; `Infinity` for never. */
  get wakeAt(): Nanos {
    return this.byTime === null ? Infinity : this.byTime.least
  }

  get(priority: number): Level<E> | null {
    return this.places.get(priority)?.level ?? null
  }

  /** Adds one, in which something is about to be parked. */
  add(level: Level<E>): void {
    const place = new Place(level)
    this.places.set(level.priority, place)
    this.fromTop.set(place, finite(-level.priority))
    this.setTime(place)
  }

  /** Call it after each change of a level: an empty one is forgotten. */
  changed(level: Level<E>): void {
    const place = this.places.get(level.priority)
    if (place === undefined || place.level !== level) return
    if (level.length === 0) this.delete(place)
    else this.setTime(place)
  }

  /** The levels that are due, the highest first. */
  due(now: Nanos): readonly Level<E>[] {
    if (this.byTime === null) return []
    const due = this.byTime.upTo(now).map(({ level }) => level)
    return due.sort((a, b) => (a.priority < b.priority ? 1 : -1))
  }

  /** Takes out the only one that is left. */
  takeLast(): Level<E> {
    const last = this.fromTop.first as Place<E>
    this.delete(last)
    return last.level
  }

  private delete(place: Place<E>): void {
    this.places.delete(place.level.priority)
    this.fromTop.delete(place)
    if (place.due !== null) this.byTime?.delete(place.due)
  }

  private setTime(place: Place<E>): void {
    const { wakeAt } = place.level
    if (wakeAt === null && place.due === null) return
    place.due ??= new Place(place.level)
    this.byTime ??= new MinHeap<Place<E>>()
    this.byTime.set(place.due, wakeAt ?? Infinity)
  }
}

/** Makes a priority finite: in a heap, Infinity means to leave it. */
export function finite(priority: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, priority))
}
