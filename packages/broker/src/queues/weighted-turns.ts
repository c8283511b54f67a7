import { MinHeap, type Scheduled } from '@genpool/runtime'
import { type TakesTurns, type Turns } from './turns'

/** So many that are passed over keep their tags. */
const MOST_KEPT = 1000

/** Beyond this all tags are made less: a number has room for the smallest steps then. */
const MOST_TIME = 2 ** 20

/** Is taken from the order of those that come before all others with the same time. */
const FIRST = Number.MAX_SAFE_INTEGER

/** Something that takes turns by its weight. */
export interface TakesWeightedTurns<T> extends TakesTurns<T> {
  /** How often it is served while one of weight 1 is served once, >= 1. Changes count from its next turn. */
  weight: number
  tag: FinishTag<T> | null
}

/** When one is served next, in virtual time: after `1 / weight` of a round. */
export class FinishTag<T> implements Scheduled {
  heapAt = 0
  heapIndex = -1
  /** Those with equal times are served in this order. */
  order = 0

  constructor(readonly of: T) {}
}

class FinishTags<T> extends MinHeap<FinishTag<T>> {
  protected override isBefore(a: FinishTag<T>, b: FinishTag<T>): boolean {
    return a.heapAt < b.heapAt || (a.heapAt === b.heapAt && a.order < b.order)
  }
}

/**
 * Turns by weight, also for those that cannot always be served: self-clocked fair queueing. O(log n).
 *
 * Each has a tag, the virtual time at which it has its next turn; a turn costs `1 / weight`. The virtual time is the tag of the one
 * that was served last, so nobody saves up turns: one with something new has the tag `now + 1 / weight`. One that could not be served
 * for a while keeps its tag, and is first if that is over by then: so it is served as often as its weight says even if it may be
 * served only by one, while a round by credit would let it wait for the turns of all others each time.
 *
 * Weights of 1 give a round-robin.
 *
 * @see Golestani, A Self-Clocked Fair Queueing Scheme for Broadband Applications, INFOCOM 1994
 */
export class WeightedTurns<T extends TakesWeightedTurns<T>> implements Turns<T> {
  #tags = new FinishTags<T>()
  /** Those that were passed over, and whose tags are still to come. The first was passed over first. */
  readonly #kept = new Set<T>()
  #now = 0
  #order = 0

  join(one: T): void {
    if (!one.isInTurns) this.#enter(one, this.#now + 1 / one.weight, this.#order)
  }

  rejoin(one: T): void {
    if (!one.isInTurns) this.#enter(one, Math.max(one.tag?.heapAt ?? 0, this.#now), this.#order - FIRST)
  }

  next(): T | null {
    return this.#tags.first?.of ?? null
  }

  served(one: T): void {
    this.#now = (one.tag as FinishTag<T>).heapAt
    if (this.#now > MOST_TIME) this.#rebase()
    this.#enter(one, this.#now + 1 / one.weight, this.#order)
  }

  passOver(one: T): T | null {
    this.#tags.delete(one.tag as FinishTag<T>)
    one.isInTurns = false
    this.#kept.add(one)
    const [first] = this.#kept
    const isOver = first !== undefined && (first.tag as FinishTag<T>).heapAt <= this.#now
    if (first === undefined || (!isOver && this.#kept.size <= MOST_KEPT)) return null
    this.#kept.delete(first)
    first.tag = null
    return first
  }

  drain(): T[] {
    const all: T[] = []
    for (let tag = this.#tags.first; tag !== undefined; tag = this.#tags.first) {
      this.#tags.delete(tag)
      all.push(tag.of)
    }
    all.push(...this.#kept)
    for (const one of all) {
      one.isInTurns = false
      one.tag = null
    }
    this.clear()
    return all
  }

  clear(): void {
    this.#tags = new FinishTags<T>()
    this.#kept.clear()
    this.#now = 0
  }

  #enter(one: T, at: number, order: number): void {
    this.#order++
    this.#kept.delete(one)
    one.isInTurns = true
    one.tag ??= new FinishTag(one)
    one.tag.order = order
    this.#tags.set(one.tag, at)
  }

  /** Begins virtual time anew. All differences stay exactly the same: no tag is further away than one round. */
  #rebase(): void {
    for (const tag of this.#tags.upTo(Infinity)) tag.heapAt -= this.#now
    for (const { tag } of this.#kept) if (tag !== null) tag.heapAt -= this.#now
    this.#now = 0
  }
}
