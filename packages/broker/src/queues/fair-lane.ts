import { keepShape, type Nanos, type Scheduled } from '@genpool/runtime'
import { compareKeys, type FairBy, sameBy } from './fair-keys'
import { type CheckedLeafOptions, createLeaf, type Leaf, reconfigureLeaf } from './leaf'
import { type TagIndex } from './tag-index'
import { type Waiting } from './waiting'
import { type FinishTag, type TakesWeightedTurns } from './weighted-turns'

/** The key of a request in a fair queue. */
export interface FairKey {
  readonly value: unknown
  /** The map key; see `identify`. */
  readonly id: unknown
  /** What found it. */
  readonly by: FairBy
}

/** A request keeps its key in a fair queue: if it comes back, its message may have changed. */
export interface HasFairKey {
  fairKey?: FairKey | undefined
}

/** The key of a request that was found before, by the same rule; undefined if it was not. */
export function keptKey({ fairKey }: HasFairKey, by: FairBy): FairKey | undefined {
  return fairKey !== undefined && sameBy(fairKey.by, by) ? fairKey : undefined
}

/** The key of requests whose key cannot be found. */
export function noKey(by: FairBy): FairKey {
  return { value: undefined, id: undefined, by }
}

/** The identity of a lane. */
export interface LaneKey extends FairKey {
  /** Breaks ties between keys without an order. */
  readonly serial: number
}

/** The queue of one key in a fair queue. It takes turns, or it is retired: empty and only remembered. */
export class Lane<E extends Waiting> implements Scheduled, TakesWeightedTurns<Lane<E>> {
  heapAt = Infinity
  heapIndex = -1
  isInTurns = false
  following: Lane<E> | null = null
  weight = 1
  tag: FinishTag<Lane<E>> | null = null
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
}

/** Compares two lanes by the order of their keys. */
export function byKey<E extends Waiting>(a: Lane<E>, b: Lane<E>): number {
  return compareKeys(a.key.value, b.key.value) || a.key.serial - b.key.serial
}

keepShape(new Lane(undefined, undefined as never, undefined as never))
