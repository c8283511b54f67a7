import { cameAfter } from './arrival'
import { type Waiting } from './waiting'
import { type WaitingList } from './waiting-list'

/** In a shorter list each place is near. */
const LONG = 64
/** One of so many becomes a landmark. */
const EACH = 16

/**
 * Fast path: finds the place of what comes back in a long list, in which all stand by age. Otherwise 100 000 calls of 10 000 keys in
 * one turn take 50 microseconds each, and of more keys more.
 *
 * A few of the list are landmarks, in order. A place is behind the last landmark that did not come later, and a few steps further.
 * Landmarks that have left the list are forgotten when they are met, or in time.
 */
export class Landmarks<E extends Waiting> {
  private marks: E[] = []
  private added = 0

  constructor(private readonly list: WaitingList<E>) {}

  /** Adds one behind all that did not come later. */
  insert(entry: E): void {
    const { list } = this
    if (list.length < LONG) {
      this.marks.length = 0
      return list.insertBehind(entry)
    }
    const place = this.placeOf(entry)
    if (place === 0) list.insertBehind(entry)
    else list.insertAfter(entry, this.marks[place - 1] as E)
    if (++this.added % EACH === 0) this.add(entry, place)
  }

  /** Forgets all if the list is empty: they would stay in memory. */
  trim(): void {
    if (this.list.length === 0 && this.marks.length > 0) this.marks.length = 0
  }

  private add(entry: E, place: number): void {
    this.marks.splice(place, 0, entry)
    if (this.marks.length * EACH > 4 * this.list.length)
      this.marks = this.marks.filter((mark) => mark.list === this.list)
  }

  /** How many landmarks did not come after an entry. Forgets those directly before it that have left. */
  private placeOf(entry: E): number {
    let low = 0
    let high = this.marks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (cameAfter(this.marks[middle] as E, entry)) high = middle
      else low = middle + 1
    }
    while (low > 0 && (this.marks[low - 1] as E).list !== this.list) low--
    if (low < high) this.marks.splice(low, high - low)
    return low
  }
}
