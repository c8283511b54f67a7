import type { Pool } from '../pool/pool'
import { stateChanged } from './channels'
import { ofPool } from './payloads'

/**
 * Publishes the changes of a pool's shared state while somebody listens, and only then.
 *
 * A cell that is watched computes patches with every commit; so it is watched no longer than need be.
 */
export class StateChanges {
  #unwatch: (() => void) | null = null

  constructor(private readonly pool: Pool) {}

  /** Begins or ends to watch, if somebody has come or everybody has gone. Called before commits, so it has to be quick. */
  follow(): void {
    if (stateChanged.hasSubscribers === (this.#unwatch !== null)) return
    if (this.#unwatch !== null) this.end()
    else this.#begin()
  }

  end(): void {
    this.#unwatch?.()
    this.#unwatch = null
  }

  #begin(): void {
    const { cell } = this.pool
    if (cell === undefined || this.pool.lifecycle.stopping) return
    this.pool.guard(() => {
      this.#unwatch = cell.watch((value, version, patches, inversePatches) => {
        // Whoever comes and goes between two messages is not told to others.
        if (!stateChanged.hasSubscribers) return
        stateChanged.publish({ ...ofPool(this.pool), version, value, patches, inversePatches })
      })
    })
  }
}
