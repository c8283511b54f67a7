import { MinHeap, type Nanos } from '@genpool/runtime'
import { type Lane } from './fair-lane'
import { type Waiting } from './waiting'

/** The empty lanes of a fair queue that are still remembered, since their state may matter. O(log lanes). */
export class RetiredLanes<E extends Waiting> {
  readonly #byKey = new Map<unknown, Lane<E>>()
  readonly #removals = new MinHeap<Lane<E>>()

  get all(): readonly Lane<E>[] {
    return [...this.#byKey.values()]
  }

  /** Remembers a lane until a time. */
  add(lane: Lane<E>, until: Nanos): void {
    this.#byKey.set(lane.key.id, lane)
    this.#removals.set(lane, until)
  }

  /** Takes out the lane of a key, if it is remembered. */
  take(id: unknown): Lane<E> | undefined {
    const lane = this.#byKey.get(id)
    if (lane !== undefined) this.#remove(lane)
    return lane
  }

  /** Forgets the lanes whose time is over. */
  collect(now: Nanos): void {
    for (let lane = this.#removals.first; lane !== undefined && lane.heapAt <= now; lane = this.#removals.first) {
      this.#remove(lane)
    }
  }

  clear(): void {
    for (const lane of this.all) this.#remove(lane)
  }

  #remove(lane: Lane<E>): void {
    this.#removals.delete(lane)
    this.#byKey.delete(lane.key.id)
  }
}
