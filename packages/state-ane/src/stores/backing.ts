import type { Clock } from '@genpool/runtime'
import type { StorageCondition } from '../cells/condition'
import type { MaybePromise } from '../cells/maybe-promise'
import type { CellKey } from '../errors'
import type { Batch, Commit } from '../groups/speculation'

/** The version and value of a cell, as they are kept. */
export interface Kept {
  readonly version: number
  readonly value: unknown
}

/** A version and value that somebody else has committed. */
export interface Arrival extends Kept {
  readonly key: CellKey
}

/** The right to commit to a cell, against all who commit elsewhere, too. */
export interface Lease {
  /** @throws {ConflictError} if somebody else may have it by now */
  check(): void
  /** Gives it up. Never rejects. */
  release(): MaybePromise<void>
}

/**
 * Keeps the commits of a store: in a journal, or on a server that several processes share.
 *
 * The store runs the recipes and keeps the values for readers. It asks its backing to write, and the backing tells it what others
 * have written.
 */
export interface Backing {
  /** Resolves when `known` knows all that is kept. Commits wait for it. */
  readonly ready: Promise<void>
  /** Whether others commit there, too, so that the values here may be old. */
  readonly shared?: boolean
  /**
   * What is kept of a cell; undefined if it was never committed. Asked once for each cell, when it is used and `ready`.
   *
   * @throws if that is not known: the cell cannot be used then
   */
  known(key: CellKey): Kept | undefined
  /**
   * Writes all of these commits or none. Calls `put` as soon as they are safe: it puts them in place for readers.
   *
   * @param lease the lease under which they are made, if any
   * @returns false if somebody else came first: they run again on what has arrived meanwhile
   * @throws {UnknownWrite} if they may be written all the same; any other error says that nothing is written
   */
  write(batch: Batch, put: () => void, lease?: Lease): Promise<boolean>
  /** Called if `ready` of its store fails: nothing is ever written. It frees what only one store may have, and still knows what is kept. */
  giveUp?(): void
  /**
   * Asked of each commit when a write has failed, unless it may be written all the same: one that can never be written fails alone
   * then, and the others are written without it.
   *
   * @throws {InvalidError} with the path of what cannot be written
   */
  mustBeKept?(commit: Commit): void
  /** @throws if a transaction on these cells cannot be written as a whole */
  together?(keys: readonly CellKey[]): void
  /** Waits until nobody elsewhere has a lease for one of these cells. */
  free?(keys: readonly CellKey[]): MaybePromise<void>
  /** Waits for a lease. After it, the value here is the latest. */
  lease?(key: CellKey): Promise<Lease>
  /** Resolves when readers here see what is the latest now. */
  fresh?(key: CellKey): Promise<void>
  /** What is wrong with the storage now, or who has the cell elsewhere: for explanations. Must not wait. */
  condition?(key: CellKey): StorageCondition
  /** Measures how long commits wait. Default: the system's clock. */
  readonly clock?: Clock
  /** The store was destroyed. */
  end?(): void
}

/** What a backing knows of its store. */
export interface Mirror {
  readonly name: string
  /** The cells in use here, with what readers see. */
  cells(): Iterable<Arrival>
  /** The version that readers see here; undefined if the cell is not in use. */
  version(key: CellKey): number | undefined
  /**
   * Puts in place what others have committed, and calls the watchers then. A watcher is called once, also if the version rises by
   * more than one. Cells that are not in use are ignored.
   *
   * @throws {InvalidError} if a validator refuses one of the values; nothing is changed
   */
  arrive(arrivals: readonly Arrival[]): void
}
