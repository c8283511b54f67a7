import type { Cell } from '@genpool/state-ane'
import type { Attaching, Listener } from '../../pool/ports'
import { stateChanged } from './channels'
import type { PoolEvent } from './events'

/** What publishing state changes needs of the pool. */
export interface StateChangesPorts extends Attaching {
  /** The shared state; undefined if each member has its own, or before it exists. */
  readonly cell: Cell<unknown> | undefined
  /** Whether there is, or will be, one state for all members. */
  readonly sharesState: boolean
  readonly stopping: boolean
  readonly identity: PoolEvent
  callSafely(callback: () => void): void
  /** Calls it after what runs now. */
  tell(callback: () => void): void
}

/**
 * Publishes the changes of a pool's shared state, only while there are subscribers.
 *
 * A watched cell computes patches with every commit, so it is watched only as long as needed.
 */
export class StateChanges implements Listener {
  #unwatch: (() => void) | null = null

  constructor(private readonly pool: StateChangesPorts) {
    if (pool.sharesState) pool.attach(this)
  }

  /** Starts watching with the first subscriber, stops with the last. Runs before every commit: keep it cheap. */
  beforeCommits(): void {
    if (stateChanged.hasSubscribers === (this.#unwatch !== null)) return
    if (this.#unwatch !== null) this.end()
    else this.begin()
  }

  end(): void {
    this.#unwatch?.()
    this.#unwatch = null
  }

  private begin(): void {
    const { cell, stopping, identity } = this.pool
    if (cell === undefined || stopping) return
    this.pool.callSafely(() => {
      this.#unwatch = cell.watch((value, version, patches, inversePatches) => {
        // The last subscriber may have gone since the last commit.
        if (!stateChanged.hasSubscribers) return
        const event = { ...identity, version, value, patches, inversePatches }
        this.pool.tell(() => stateChanged.publish(event))
      })
    })
  }
}
