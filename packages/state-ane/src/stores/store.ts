import type { Cell, SyncCell } from '../cells/cell'
import type { MaybePromise } from '../cells/maybe-promise'
import type { TransactionRecipe, Values } from '../cells/transaction'
import type { CellKey } from '../errors'
import type { CellOptions } from './options'

/**
 * Versioned cells, by name or number. The cost of a commit does not depend on the number of cells.
 *
 * To keep a pool's state elsewhere, give `backedStore` a backing, or implement this interface. Commits may return promises.
 */
export interface Store {
  /**
   * Returns the cell with this name, the same object every time. Makes it with `options` if it does not exist.
   * One that was made without a first value takes the first `initial` that is given, if nothing was committed before.
   *
   * @throws {OptionsError} if the cell exists and `options` has a validator or a history, which come too late
   */
  cell<S>(key: CellKey, options?: CellOptions<S>): Cell<S>
  /**
   * Why this store has no cell of this key and will have none; undefined if it may have. A pool whose `state.key` it refuses is not
   * spawned. May be left out: the pool then learns it from `cell`.
   */
  faultOfKey?(key: CellKey): string | undefined
  /**
   * Runs one recipe on the latest values of several cells. Commits all of them or none.
   *
   * @returns the values of all `keys` after the commit
   * @throws {InvalidError} if one of the values is refused, a key is none of the `cells` of the store, or the recipe adds or removes
   *   keys; nothing is changed
   * @throws {ConflictError} if one of the cells is held and this store cannot wait; nothing is changed
   * @example store.transaction(['alice', 'bob'], (draft) => { draft.alice.money -= 5; draft.bob.money += 5 })
   */
  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): MaybePromise<Values>
  /** Drops the histories, which only readers that lag behind need. Values and versions stay. */
  clear(): void
  /** Ends the store: removes all watchers and refuses everyone who waits for a cell. Every later use is a StoppedError. */
  destroy(): void
  readonly destroyed: boolean
}

/** A store in this process. A commit is done when its call returns. */
export interface SyncStore extends Store {
  cell<S>(key: CellKey, options?: CellOptions<S>): SyncCell<S>
  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Values
  /** Like `transaction`, but waits for held cells. It holds cells in one fixed order, so transactions cannot deadlock. */
  transactionWhenFree(keys: readonly CellKey[], recipe: TransactionRecipe): MaybePromise<Values>
  /** The number of slots; undefined for a store with names. */
  readonly size: number | undefined
  /** Returns the value of a cell or slot. Slots count from 1. */
  get<S = unknown>(key: CellKey): S
  /** Replaces the value, whatever the version is: the last writer wins. */
  put(key: CellKey, value: unknown): void
}

/** A store whose commits are promises, because a journal or a server keeps them. Readers see a commit when that has it. */
export interface AsyncStore extends Store {
  /**
   * Resolves when all earlier commits are restored; rejects if they cannot be read. Commits wait for it. Until then the values
   * are the initial ones.
   */
  readonly ready: Promise<void>
  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Promise<Values>
  /** The number of slots; undefined for a store with names. */
  readonly size: number | undefined
  /** Returns the value of a cell or slot. Slots count from 1. */
  get<S = unknown>(key: CellKey): S
  /** Replaces the value, whatever the version is: the last writer wins. */
  put(key: CellKey, value: unknown): Promise<void>
}
