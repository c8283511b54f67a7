import type { Cell, SyncCell } from '../cells/cell'
import type { MaybePromise } from '../cells/maybe-promise'
import type { TransactionRecipe, Values } from '../cells/transaction'
import type { CellKey } from '../errors'
import type { CellOptions } from './options'

/**
 * Versioned cells under names or numbers. The cost of a commit does not depend on how many there are.
 *
 * This interface is what pools need of a state; implement it to keep the state elsewhere. Commits may then be promises.
 */
export interface Store {
  /**
   * The cell of that name, the same object every time; made with `options` if it does not exist.
   *
   * @throws {OptionsError} if the cell exists and `options` name a validator or a history that it does not have
   */
  cell<S>(key: CellKey, options?: CellOptions<S>): Cell<S>
  /**
   * Runs one recipe on the latest values of several cells and commits them all, or none.
   *
   * @returns the values of all `keys` after the commit
   * @throws {InvalidError} if one of the values is refused, or the recipe adds or removes keys; nothing is changed
   * @throws {ConflictError} if one of the cells is held and this store cannot wait; nothing is changed
   * @example store.transaction(['alice', 'bob'], (draft) => { draft.alice.money -= 5; draft.bob.money += 5 })
   */
  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): MaybePromise<Values>
  /** Throws away what is kept only for those who lag behind: the histories. Values and versions stay. */
  clear(): void
  /** Ends the store: watchers are let go, those who wait for a cell are refused, every later use is a StoppedError. */
  destroy(): void
  readonly destroyed: boolean
}

/** A store in this process, whose commits are done when the call returns. */
export interface SyncStore extends Store {
  cell<S>(key: CellKey, options?: CellOptions<S>): SyncCell<S>
  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Values
  /** The same, but waits for cells that are held. Cells are taken in one order, so two transactions never block each other. */
  transactionWhenFree(keys: readonly CellKey[], recipe: TransactionRecipe): MaybePromise<Values>
  /** How many numbered slots there are; undefined for a store with names. */
  readonly size: number | undefined
  /** The value of a cell or slot. Slots count from 1. */
  get<S = unknown>(key: CellKey): S
  /** Replaces the value whatever it is: the last writer wins. */
  put(key: CellKey, value: unknown): void
}

/** A store whose commits are promises, because a journal keeps them. A commit is seen by readers when the journal has it. */
export interface AsyncStore extends Store {
  /**
   * Resolves when everything that was committed before is there again; rejects if it cannot be read. Commits wait for it by
   * themselves. Until then values are the initial ones.
   */
  readonly ready: Promise<void>
  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Promise<Values>
  /** How many numbered slots there are; undefined for a store with names. */
  readonly size: number | undefined
  /** The value of a cell or slot. Slots count from 1. */
  get<S = unknown>(key: CellKey): S
  /** Replaces the value whatever it is: the last writer wins. */
  put(key: CellKey, value: unknown): Promise<void>
}
