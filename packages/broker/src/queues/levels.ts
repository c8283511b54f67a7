import { type Nanos } from '@genpool/runtime'
import { Level } from './level'
import { type Queue } from './queue'
import { type Waiting } from './waiting'

/** This many levels are kept though they are empty; an empty level beyond is forgotten. */
const SPARE_LEVELS = 8

/**
 * The levels of a layered queue, by priority. A priority may be any number, and there may be very many.
 *
 * Finding a level is O(log levels); the highest and the lowest that are not empty are found in a few steps. Making or forgetting a
 * level moves the entries above it in one array, by a memory copy: the highest are at its end, so that priorities that rise, as
 * timestamps do, move nothing.
 */
export class Levels<E extends Waiting> {
  /** The level of priority 0. It is never forgotten. */
  readonly base: Level<E>
  /** The lowest priority first. */
  readonly #sorted: Level<E>[]
  /** The levels that want to be called at some time. */
  readonly #waking = new Set<Level<E>>()

  constructor(base: Queue<E>) {
    this.base = new Level(0, base)
    this.#sorted = [this.base]
    this.changed(this.base)
  }

  /** All of them, the highest priority first; a copy. */
  get all(): readonly Level<E>[] {
    return this.#sorted.toReversed()
  }

  /** The highest level that is not empty. */
  get highest(): Level<E> | undefined {
    return this.#sorted.findLast((level) => level.length > 0)
  }

  /** The lowest level that is not empty. */
  get lowest(): Level<E> | undefined {
    return this.#sorted.find((level) => level.length > 0)
  }

  /** When the first of them wants to be called; Infinity for never. */
  get wakeAt(): Nanos {
    let wakeAt = Infinity
    for (const level of this.#waking) wakeAt = Math.min(wakeAt, level.wakeAt ?? Infinity)
    return wakeAt
  }

  /** The level of a priority. @param make makes its queue if it is new */
  of(priority: number, make: () => Queue<E>): Level<E> {
    const place = this.#placeOf(priority)
    const found = this.#sorted[place]
    if (found?.priority === priority) return found
    const level = new Level<E>(priority, make())
    this.#sorted.splice(place, 0, level)
    return level
  }

  /** To be called after each change of a level: an empty one may be forgotten. */
  changed(level: Level<E>): void {
    if (level.wakeAt === null) this.#waking.delete(level)
    else this.#waking.add(level)
    if (this.#sorted.length <= SPARE_LEVELS || level.length > 0 || level === this.base) return
    const place = this.#placeOf(level.priority)
    if (this.#sorted[place] !== level) return
    this.#sorted.splice(place, 1)
    this.#waking.delete(level)
  }

  /** The place of the first level whose priority is not lower. */
  #placeOf(priority: number): number {
    let [from, to] = [0, this.#sorted.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.#sorted[middle] as Level<E>).priority < priority) from = middle + 1
      else to = middle
    }
    return from
  }
}
