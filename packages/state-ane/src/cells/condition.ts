/** What a storage says of itself, for one cell. */
export interface StorageCondition {
  /** What is wrong with it now, and what to do; undefined if nothing is. */
  readonly fault?: string | undefined
  /** Who has the cell elsewhere, so that commits wait; undefined if nobody has. */
  readonly heldBy?: string | undefined
}

/** How the commits of a cell get on whose storage answers later. */
export interface CellCondition extends StorageCondition {
  /** How long the oldest write, or wait for a holder elsewhere, has lasted, in milliseconds; 0 if there is none. */
  readonly waitingMs: number
  /** How long writes have taken lately, the last ones counting most, in milliseconds; undefined before the first has succeeded. */
  readonly writeMs?: number | undefined
  /** How many writes have failed since the last one that succeeded. */
  readonly failures: number
  /** What the last of them failed with, and how long ago in milliseconds; undefined if there is none. */
  readonly lastFailure: { readonly error: unknown; readonly agoMs: number } | undefined
}

/** The fault of a cell whose store was destroyed in this process. */
export const DESTROYED = 'store.destroy() was called in this process: spawn the pool again, on another store'
