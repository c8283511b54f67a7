import { type Nanos } from '@genpool/runtime'
import { compareKeys } from './fair-keys'
import { type CheckedLeafOptions, createLeaf, type Leaf, reconfigureLeaf } from './leaf'
import { type Scheduled } from './min-heap'
import { type TagIndex } from './tag-index'
import { type Waiting } from './waiting'

/** What makes a lane the lane of its key. */
export interface LaneKey {
  readonly value: unknown
  /** What the key is found by. */
  readonly id: unknown
  /** Breaks the tie of keys that have no order. */
  readonly serial: number
}

/** The queue of one key in a fair queue. It is in turn (in the robin), or retired and only remembered. */
export class Lane<E extends Waiting> implements Scheduled {
  heapAt = 0
  heapIndex = -1
  /** The lane whose turn is after this one's. */
  following: Lane<E> | null = null
  /** Set by `fill`, at once after creation. */
  queue!: Leaf<E>

  constructor(
    readonly owner: unknown,
    readonly key: LaneKey,
    private readonly tags: TagIndex<E>,
  ) {}

  /** Replaces the queue by one over `items`. */
  fill(options: CheckedLeafOptions, now: Nanos, items: readonly E[]): void {
    this.queue = createLeaf(options, now, items, { holder: this, tags: this.tags })
  }

  /** Takes new options over, of the same kind of queue or of another. */
  configure(options: CheckedLeafOptions, now: Nanos): void {
    if (!reconfigureLeaf(this.queue, options, now)) this.fill(options, now, this.queue.drain())
  }
}

/** The order in which lanes are visited. */
export function byKey<E extends Waiting>(a: Lane<E>, b: Lane<E>): number {
  return compareKeys(a.key.value, b.key.value) || a.key.serial - b.key.serial
}
