import { alreadyQueued } from './already-queued'
import { cameAfter } from './arrival'
import { type Waiting } from './waiting'

/**
 * A linked list of entries from the oldest to the newest. The entries are the nodes: no allocation, every operation is O(1).
 *
 * `holder` is the owner of the list, to find it from one of its entries.
 */
export class WaitingList<out E extends Waiting = Waiting> implements Iterable<E> {
  length = 0
  first: E | null = null
  last: E | null = null

  constructor(readonly holder: unknown = null) {}

  /** Adds `entry` as the newest. @throws {InvalidError} if it is already queued; nothing changes then */
  push(entry: Waiting): void {
    if (entry.list !== null) throw alreadyQueued()
    const last: Waiting | null = this.last
    entry.list = this
    entry.previous = last
    if (last === null) this.first = entry as E
    else last.next = entry
    this.last = entry as E
    this.length++
  }

  /** Adds `entry` before all entries that came after it; searches from the newest. */
  insertByAge(entry: Waiting): void {
    let before: Waiting | null = this.last
    while (before !== null && cameAfter(before, entry)) before = before.previous
    this.insert(entry, before, before === null ? this.first : before.next)
  }

  /** The same, but searches from the oldest. */
  insertOld(entry: Waiting): void {
    let after: Waiting | null = this.first
    while (after !== null && cameAfter(entry, after)) after = after.next
    this.insert(entry, after === null ? this.last : after.previous, after)
  }

  /** Adds `entry` behind all that did not come later; searches from both ends. */
  insertBehind(entry: Waiting): void {
    let older: Waiting | null = this.first
    let newer: Waiting | null = this.last
    while (older !== null && newer !== null && cameAfter(newer, entry)) {
      if (cameAfter(older, entry)) return this.insert(entry, older.previous, older)
      older = older.next
      newer = newer.previous
    }
    this.insert(entry, newer, newer === null ? this.first : newer.next)
  }

  /** The same, but searches from one on that stands here and did not come later. */
  insertAfter(entry: Waiting, from: Waiting): void {
    let before = from
    while (before.next !== null && !cameAfter(before.next, entry)) before = before.next
    this.insert(entry, before, before.next)
  }

  /** Puts others in the place of `entry`, in their order. */
  replace(entry: Waiting, others: readonly Waiting[]): void {
    let { previous } = entry
    const { next } = entry
    this.remove(entry)
    for (const other of others) {
      this.insert(other, previous, next)
      previous = other
    }
  }

  private insert(entry: Waiting, before: Waiting | null, after: Waiting | null): void {
    if (entry.list !== null) throw alreadyQueued()
    entry.list = this
    entry.previous = before
    entry.next = after
    if (after === null) this.last = entry as E
    else after.previous = entry
    if (before === null) this.first = entry as E
    else before.next = entry
    this.length++
  }

  /** Removes and returns the oldest. */
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

  /** Removes and returns the newest. */
  pop(): E | null {
    const entry = this.last
    if (entry !== null) this.remove(entry)
    return entry
  }

  /** Removes `entry`; returns whether it was in the list. */
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

  /** Oldest first. During iteration the entry just visited may be removed; others may not. */
  *fromNewest(): Iterable<E> {
    let entry = this.last
    while (entry !== null) {
      const { previous } = entry
      yield entry
      entry = previous as E | null
    }
  }

  *[Symbol.iterator](): Iterator<E> {
    for (let entry: Waiting | null = this.first; entry !== null;) {
      const following: Waiting | null = entry.next
      yield entry as E
      entry = following
    }
  }
}
