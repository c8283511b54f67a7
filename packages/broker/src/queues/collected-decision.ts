import { type Nanos } from '@genpool/runtime'
import { type OwnDecision } from './leaf-queue'
import { type Drop, NO_DROPS } from './queue'
import { type Waiting } from './waiting'

/** The decision of a queue that is made of others: collects what they drop in one call. */
export class CollectedDecision<E extends Waiting> implements OwnDecision<E> {
  dropped: readonly Drop<E>[] = NO_DROPS
  wakeAt: Nanos | null = null
  /** The same list as `dropped` if it was made here; null for the list of another queue, which never changes. */
  #collected: Drop<E>[] | null = null

  begin(): void {
    this.dropped = NO_DROPS
    this.wakeAt = null
    this.#collected = null
  }

  /**
   * Adds the drops of another queue.
   *
   * @param others how many requests wait beside that queue
   */
  addAll(dropped: readonly Drop<E>[], others: number): void {
    if (dropped.length === 0) return
    if (this.dropped.length === 0 && others === 0) this.dropped = dropped
    else for (const drop of dropped) this.add(others === 0 ? drop : { ...drop, waiting: drop.waiting + others })
  }

  add(drop: Drop<E>): void {
    if (this.#collected === null) this.dropped = this.#collected = [...this.dropped]
    this.#collected.push(drop)
  }
}
