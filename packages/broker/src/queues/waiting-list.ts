import { waitsAlready } from './waits-already'
import { type Waiting } from './waiting'

/**
 * Entries from the oldest to the newest, linked through themselves: no allocation, and every operation is O(1).
 *
 * `holder` is whatever owns the list and wants to be found again from one of its entries.
 */
export class WaitingList<out E extends Waiting = Waiting> implements Iterable<E> {
  length = 0
  first: E | null = null
  last: E | null = null

  constructor(readonly holder: unknown = null) {}

  /** Adds `entry` as the newest. @throws {InvalidError} if it waits already; nothing changes then */
  push(entry: Waiting): void {
    if (entry.list !== null) throw waitsAlready()
    const last: Waiting | null = this.last
    entry.list = this
    entry.previous = last
    if (last === null) this.first = entry as E
    else last.next = entry
    this.last = entry as E
    this.length++
  }

  /** Adds `entry` before all that were sent after it, looking from the newest. */
  insertByAge(entry: Waiting): void {
    let before: Waiting | null = this.last
    while (before !== null && before.sentAt > entry.sentAt) before = before.previous
    if (before === this.last) return this.push(entry)
    const after: Waiting | null = before === null ? this.first : before.next
    entry.list = this
    entry.previous = before
    entry.next = after
    if (after !== null) after.previous = entry
    if (before === null) this.first = entry as E
    else before.next = entry
    this.length++
  }

  /** Takes the oldest out. */
  shift(): E | null {
    const entry = this.first
    if (entry === null) return null
    const next = entry.next
    this.first = next as E | null
    if (next === null) this.last = null
    else next.previous = null
    entry.next = null
    entry.list = null
    this.length--
    return entry
  }

  /** Takes the newest out. */
  pop(): E | null {
    const entry = this.last
    if (entry !== null) this.remove(entry)
    return entry
  }

  /** Takes `entry` out and tells whether it was here. */
  remove(entry: Waiting): boolean {
    if (entry.list !== this) return false
    const { previous, next } = entry
    if (previous === null) this.first = next as E | null
    else previous.next = next
    if (next === null) this.last = previous as E | null
    else next.previous = previous
    entry.previous = null
    entry.next = null
    entry.list = null
    this.length--
    return true
  }

  /** Oldest first. The entry just visited may be removed meanwhile, others may not. */
  *[Symbol.iterator](): Iterator<E> {
    for (let entry: Waiting | null = this.first; entry !== null;) {
      const following: Waiting | null = entry.next
      yield entry as E
      entry = following
    }
  }
}
