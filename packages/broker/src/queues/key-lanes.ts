import { keepShape, MinHeap, type Nanos, type Scheduled } from '@genpool/runtime'
import { dropOptions } from './drop-queue'
import { leastOf } from './arrival'
import { type CheckedLeafOptions, createLeaf, type Leaf, reconfigureLeaf } from './leaf'
import { type Part } from './part'
import { type Drop, NO_DROPS } from './queue'
import { type CheckedQueueOptions } from './queue-options'
import { type Waiting } from './waiting'

/** One key: the request that has its turn, and those that wait until it is done. */
class KeyLane<E extends Waiting> implements Scheduled {
  heapAt = Infinity
  heapIndex = -1
  /** Created when the first request has to wait. */
  queue: Leaf<E> | null = null

  constructor(
    readonly key: unknown,
    /** The request that has its turn: it waits outside the lane, or is being served. */
    public front: E,
  ) {}
}

/** Holds back the requests of a key while one of them has its turn. A lane serves the oldest first. */
export class KeyLanes<E extends Waiting> implements Iterable<E> {
  /** How many are held back. */
  length = 0
  /** Drops of the last call. */
  dropped: readonly Drop<E>[] = NO_DROPS
  #options: CheckedLeafOptions
  readonly #lanes = new Map<unknown, KeyLane<E>>()
  readonly #timers = new MinHeap<KeyLane<E>>()

  constructor(options: CheckedQueueOptions) {
    this.#options = laneOptions(options)
  }

  /** When to call `timeout` of the next lane; `Infinity` for never. */
  get wakeAt(): Nanos {
    return this.#timers.least
  }

  *[Symbol.iterator](): Iterator<E> {
    for (const { queue } of this.#lanes.values()) if (queue !== null) yield* queue
  }

  /** The queues of the keys. */
  *parts(): Iterable<Part<E>> {
    for (const { queue } of this.#lanes.values()) if (queue !== null) yield queue
  }

  /** When the oldest that is held back was sent; null if none is. O(keys). */
  oldest(): Nanos | null {
    return leastOf(Array.from(this.#lanes.values(), ({ queue }) => queue?.oldest() ?? null))
  }

  /** Returns any request that is held back. */
  first(): E | null {
    for (const entry of this) return entry
    return null
  }

  /** Whether a request with this key has its turn. */
  has(key: unknown): boolean {
    return this.#lanes.has(key)
  }

  /** Whether `entry` is held back. */
  holds(entry: E): boolean {
    const lane = this.#lanes.get(entry.key)
    return lane !== undefined && lane.front !== entry
  }

  /** Gives `entry` the free turn of its key. */
  open(entry: E): void {
    this.#lanes.set(entry.key, new KeyLane<E>(entry.key, entry))
  }

  /** Holds `entry` back; returns the drops. */
  park(entry: E, now: Nanos): readonly Drop<E>[] {
    const lane = this.#lanes.get(entry.key) as KeyLane<E>
    lane.queue ??= createLeaf<E>(this.#options, now, [])
    const before = lane.queue.length
    lane.queue.enqueue(entry, now)
    return this.#account(lane, before)
  }

  /** Ends the turn of `entry` and returns the next request of its key. Null if there is none, or if `entry` had no turn. */
  advance(entry: E, now: Nanos): E | null {
    this.dropped = NO_DROPS
    const lane = this.#lanes.get(entry.key)
    if (lane?.front !== entry) return null
    const before = lane.queue?.length ?? 0
    const next = lane.queue?.dequeue(now) ?? null
    this.#account(lane, before)
    if (next !== null) lane.front = next
    else {
      this.#timers.delete(lane)
      this.#lanes.delete(lane.key)
    }
    return next
  }

  /** Removes a request that is held back; false if it is not. */
  remove(entry: E, now: Nanos): boolean {
    this.dropped = NO_DROPS
    const lane = this.#lanes.get(entry.key)
    if (lane === undefined || lane.queue === null || lane.front === entry) return false
    const before = lane.queue.length
    const here = lane.queue.remove(entry, now)
    this.#account(lane, before)
    return here
  }

  /** Removes the `entries` that are held back; all of them have the same tag. */
  cancel(entries: readonly E[], now: Nanos): readonly Drop<E>[] {
    const lanes = new Set(entries.map((entry) => this.#lanes.get(entry.key)))
    const known = [...lanes].filter((lane) => lane !== undefined)
    return this.#change(known, (queue) => {
      queue.cancel(entries[0]?.tag, now)
      return queue
    })
  }

  timeout(now: Nanos): readonly Drop<E>[] {
    return this.#change(this.#timers.upTo(now), (queue) => {
      queue.timeout(now)
      return queue
    })
  }

  reconfigure(options: CheckedQueueOptions, now: Nanos): readonly Drop<E>[] {
    const checked = (this.#options = laneOptions(options))
    return this.#change([...this.#lanes.values()], (queue) =>
      reconfigureLeaf(queue, checked, now) ? queue : createLeaf<E>(checked, now, queue.drain()),
    )
  }

  /** Releases all requests that are held back; those that have their turn keep it. */
  drain(): void {
    for (const lane of this.#lanes.values()) {
      lane.queue?.drain()
      this.#timers.delete(lane)
    }
    this.length = 0
  }

  #change(lanes: readonly KeyLane<E>[], change: (queue: Leaf<E>) => Leaf<E>): readonly Drop<E>[] {
    const dropped: Drop<E>[] = []
    for (const lane of lanes) {
      if (lane.queue === null) continue
      const before = lane.queue.length
      lane.queue = change(lane.queue)
      dropped.push(...this.#account(lane, before))
    }
    return (this.dropped = dropped)
  }

  #account(lane: KeyLane<E>, before: number): readonly Drop<E>[] {
    if (lane.queue === null) return NO_DROPS
    this.length += lane.queue.length - before
    this.#timers.set(lane, lane.queue.decision.wakeAt ?? Infinity)
    return (this.dropped = lane.queue.decision.dropped)
  }
}

/** A lane has the same rule for ages as the main queue, but serves in order and has no bound. */
function laneOptions(options: CheckedQueueOptions): CheckedLeafOptions {
  if (typeof options === 'function') return dropOptions.parse({ order: 'fifo' })
  const leaf = options.type === 'fair' ? options.queue : options
  if (leaf.type === 'drop') return dropOptions.parse({ order: 'fifo' })
  return { ...leaf, order: 'fifo', dropFrom: 'tail', max: Infinity, min: 0 }
}

keepShape(new KeyLane(undefined, undefined as never))
