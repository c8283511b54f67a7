import { keepShape, type Nanos, type Scheduled } from '@genpool/runtime'
import { compareKeys } from './fair-keys'
import { type CheckedLeafOptions, createLeaf, type Leaf, reconfigureLeaf } from './leaf'
import { type TagIndex } from './tag-index'
import { type TakesTurns } from './turns'
import { type Waiting } from './waiting'

/** The identity of a lane. */
export interface LaneKey {
  readonly value: unknown
  /** The map key; see `identify`. */
  readonly id: unknown
  /** Breaks ties between keys without an order. */
  readonly serial: number
}

/** The queue of one key in a fair queue. It takes turns, or it is retired: empty and only remembered. */
export class Lane<E extends Waiting> implements Scheduled, TakesTurns<Lane<E>> {
  heapAt = Infinity
  heapIndex = -1
  following: Lane<E> | null = null
  /** How many requests it may still serve before the next lane's turn; whole turns and what was left of them. */
  credit = 0
  weight = 1
  /** Set by `fill`, right after creation. */
  queue!: Leaf<E>

  constructor(
    readonly owner: unknown,
    readonly key: LaneKey,
    private readonly tags: TagIndex<E>,
  ) {}

  /** Replaces the queue by one that holds `items`. */
  fill(options: CheckedLeafOptions, now: Nanos, items: readonly E[]): void {
    this.queue = createLeaf(options, now, items, { holder: this, tags: this.tags })
  }

  /** Applies new options, of the same type of queue or of another. */
  configure(options: CheckedLeafOptions, now: Nanos): void {
    if (!reconfigureLeaf(this.queue, options, now)) this.fill(options, now, this.queue.drain())
  }

  /** Pays for a request from its credit. Returns whether its turn is over. */
  spend(): boolean {
    if (this.credit < 1) this.credit += this.weight
    return --this.credit < 1
  }
}

/** Compares two lanes by the order of their keys. */
export function byKey<E extends Waiting>(a: Lane<E>, b: Lane<E>): number {
  return compareKeys(a.key.value, b.key.value) || a.key.serial - b.key.serial
}

keepShape(new Lane(undefined, undefined as never, undefined as never))
