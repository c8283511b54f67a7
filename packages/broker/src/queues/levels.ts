import { MinHeap, type Nanos, type Scheduled } from '@genpool/runtime'
import { type DropQueue } from './drop-queue'
import { Level } from './level'
import { type Queue } from './queue'
import { type Waiting } from './waiting'
import { type WaitingList } from './waiting-list'

/** This many empty levels are kept; further ones are forgotten. */
const SPARE_LEVELS = 8

/** The place of a level in one heap. */
class Place<E extends Waiting> implements Scheduled {
  heapAt = Infinity
  heapIndex = -1

  constructor(readonly level: Level<E>) {}
}

/** The places of a level in all heaps. */
class Places<E extends Waiting> {
  readonly fromTop: Place<E>
  readonly fromBottom: Place<E>
  readonly byTime: Place<E>

  constructor(readonly level: Level<E>) {
    this.fromTop = new Place(level)
    this.fromBottom = new Place(level)
    this.byTime = new Place(level)
  }
}

/** The levels of a layered queue by priority. Priorities are any numbers. Every operation is O(log levels). */
export class Levels<E extends Waiting> {
  /** The level of priority 0. It is never forgotten. */
  readonly base: Level<E>
  /** What comes to the base from elsewhere (see `Level`). */
  readonly returning: WaitingList<E>
  readonly heldBack: WaitingList<E>
  /** Fast path: the queue of the base if there has been no other level, and it is a drop queue; otherwise null. */
  only: DropQueue<E> | null
  readonly #places = new Map<number, Places<E>>()
  readonly #basePlaces: Places<E>
  /** The levels that are not empty, the highest first, and the lowest first. */
  readonly #fromTop = new MinHeap<Place<E>>()
  readonly #fromBottom = new MinHeap<Place<E>>()
  /** The levels that want `timeout`, by time. */
  readonly #byTime = new MinHeap<Place<E>>()
  /** Whether there has been no other level than the base. It is not in the first two heaps then: most queues have one priority. */
  #isAlone = true

  constructor(base: Queue<E>) {
    this.base = new Level(0, base)
    this.returning = this.base.returning
    this.heldBack = this.base.heldBack
    this.only = this.base.dropQueue
    this.#basePlaces = new Places(this.base)
    this.#places.set(0, this.#basePlaces)
    this.changed(this.base)
  }

  /** All levels, highest priority first. O(levels log levels). */
  get all(): readonly Level<E>[] {
    return [...this.#places.values()].map(({ level }) => level).sort((a, b) => (a.priority < b.priority ? 1 : -1))
  }

  /** The highest level that is not empty. */
  get highest(): Level<E> | undefined {
    return this.#isAlone ? unlessEmpty(this.base) : this.#fromTop.first?.level
  }

  /** The lowest level that is not empty. */
  get lowest(): Level<E> | undefined {
    return this.#isAlone ? unlessEmpty(this.base) : this.#fromBottom.first?.level
  }

  /** When to call the first of them; Infinity for never. */
  get wakeAt(): Nanos {
    return this.#byTime.least
  }

  /** Returns the level of a priority. @param make makes the queue of a new level */
  of(priority: number, make: () => Queue<E>): Level<E> {
    const known = this.#places.get(priority)
    if (known !== undefined) return known.level
    const level = new Level<E>(priority, make())
    this.#places.set(priority, new Places(level))
    if (this.#isAlone) {
      this.#isAlone = false
      this.only = null
      this.changed(this.base)
    }
    return level
  }

  /** Fast path: `changed` for the base, while its queue never wants `timeout`. */
  baseChanged(): void {
    if (!this.#isAlone) this.changed(this.base)
  }

  /** Call this after the queue of the base was replaced. */
  baseReplaced(): void {
    this.only = this.#isAlone ? this.base.dropQueue : null
  }

  /** Call this after each change of a level: an empty one may be forgotten. */
  changed(level: Level<E>): void {
    if (this.#isAlone) return this.#byTime.set(this.#basePlaces.byTime, level.wakeAt ?? Infinity)
    const places = level === this.base ? this.#basePlaces : this.#places.get(level.priority)
    if (places === undefined) return
    const isEmpty = level.length === 0
    const forgets = isEmpty && this.#places.size > SPARE_LEVELS && level !== this.base
    this.#fromTop.set(places.fromTop, isEmpty ? Infinity : finite(-level.priority))
    this.#fromBottom.set(places.fromBottom, isEmpty ? Infinity : finite(level.priority))
    this.#byTime.set(places.byTime, forgets ? Infinity : (level.wakeAt ?? Infinity))
    if (forgets) this.#places.delete(level.priority)
  }
}

function unlessEmpty<E extends Waiting>(level: Level<E>): Level<E> | undefined {
  return level.length > 0 ? level : undefined
}

/** Makes a priority finite: in a heap, Infinity means to leave it. */
function finite(priority: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, priority))
}
