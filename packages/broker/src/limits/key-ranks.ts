import { MinHeap, type Scheduled } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { finite } from './lane-levels'

/** A request among all that wait of its key. */
export class Ranked<E extends Waiting> {
  previous: Ranked<E> | null = null
  next: Ranked<E> | null = null

  constructor(
    readonly entry: E,
    private readonly rank: Rank<E>,
  ) {}

  /** It waits no longer. */
  leave(): void {
    this.rank.remove(this)
  }
}

/** What waits of one key with one priority, the newest last. */
class Rank<E extends Waiting> implements Scheduled {
  heapAt = Infinity
  heapIndex = -1
  first: Ranked<E> | null = null
  last: Ranked<E> | null = null

  constructor(
    readonly priority: number,
    private readonly owner: KeyRanks<E>,
  ) {}

  addLast(one: Ranked<E>): void {
    one.previous = this.last
    if (this.last === null) this.first = one
    else this.last.next = one
    this.last = one
  }

  addFirst(one: Ranked<E>): void {
    one.next = this.first
    if (this.first === null) this.last = one
    else this.first.previous = one
    this.first = one
  }

  remove({ previous, next }: Ranked<E>): void {
    if (previous === null) this.first = next
    else previous.next = next
    if (next === null) this.last = previous
    else next.previous = previous
    if (this.first === null) this.owner.forget(this)
  }
}

/** What waits of one key, by priority. Each operation is O(log priorities). */
export class KeyRanks<E extends Waiting> {
  private readonly ranks = new Map<number, Rank<E>>()
  /** The lowest first. */
  private readonly byPriority = new MinHeap<Rank<E>>()

  /** @param emptied called when nothing is left */
  constructor(private readonly emptied: () => void) {}

  /** One of the least urgent, the newest of them; null if none waits. */
  get least(): E | null {
    return this.byPriority.first?.last?.entry ?? null
  }

  /** Adds one that waits. @param isNew whether it came last; otherwise it counts as older than those of its priority */
  add(entry: E, isNew: boolean): Ranked<E> {
    const rank = this.ranks.get(entry.priority) ?? this.make(entry.priority)
    const one = new Ranked<E>(entry, rank)
    if (isNew) rank.addLast(one)
    else rank.addFirst(one)
    return one
  }

  /** Nothing is left of a priority. */
  forget(rank: Rank<E>): void {
    this.ranks.delete(rank.priority)
    this.byPriority.delete(rank)
    if (this.ranks.size === 0) this.emptied()
  }

  private make(priority: number): Rank<E> {
    const rank = new Rank<E>(priority, this)
    this.ranks.set(priority, rank)
    this.byPriority.set(rank, finite(priority))
    return rank
  }
}
