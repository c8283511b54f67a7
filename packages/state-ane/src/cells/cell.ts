import type { Draft, Patch } from 'immer'
import type { CellKey } from '../errors'
import type { CellCondition } from './condition'
import { chain, isPromise, type MaybePromise } from './maybe-promise'
import { orWrongArgument } from './wrong-cell'

/**
 * A change, written as if it were made in place: a function that gets an immer draft of the latest value and changes it, or
 * returns a new value.
 *
 * It must be synchronous and pure. It may run more than once, and it must not commit.
 */
export type Recipe<S> = (draft: Draft<S>) => S | Draft<S> | void | undefined

/**
 * Called after each commit with the new value, its version, and the patches forward and back.
 *
 * A commit that replaced the whole value has one patch with an empty path. An error that a watcher throws does not affect the
 * commit.
 */
export type Watcher<S> = (
  value: S,
  version: number,
  patches: readonly Patch[],
  inversePatches: readonly Patch[],
) => void

/** A change of a cell as data: a recipe, perhaps for one version only, or a value in the place of that version. */
export type Change<S> =
  { readonly recipe: Recipe<S>; readonly base?: number | undefined } | { readonly version: number; readonly next: S }

/** What a commit has left, whatever others commit after it. */
export interface After<S> {
  readonly value: S
  readonly version: number
  /** False if a value came too late, and nothing was changed. */
  readonly done: boolean
}

/** A change that was made elsewhere, of a value that is the latest one unless another commit comes first. */
export interface Replay<S> {
  readonly patches: readonly Patch[]
  /** The same as a recipe, where patches have to be applied to a draft. */
  readonly recipe: Recipe<S>
  /** The last moment before it. Throws if it is not for this value, or must not be committed. May be called again. */
  admit(base: S): void
  /** What it leads to, if the store can write it. May be called again. */
  leads(next: S): void
}

/** Commits to a cell, directly or through a hold. */
export interface Writer<S> {
  /**
   * Runs `recipe` on the latest value and commits the result. Never conflicts with other commits.
   *
   * @returns the value after the commit; a recipe that changes nothing raises no version
   * @throws {InvalidError} if a validator refuses the value, or the recipe is asynchronous; nothing is changed
   * @throws {ConflictError} if another holder has the cell and this store cannot wait; nothing is changed
   */
  update(recipe: Recipe<S>): MaybePromise<S>
  /**
   * Commits `next` if `version` is still the latest. Committing the current value again succeeds and raises no version.
   * `next` is frozen deeply, like every value in a cell.
   *
   * @returns false if another commit came first; nothing is changed then
   * @throws as `update` does
   */
  compareAndSet(version: number, next: S): MaybePromise<boolean>
  /**
   * Makes a change, and tells what it has left. A store that writes several commits together has it: when one of them is done, the
   * cell may have the value of the last. Absent elsewhere.
   *
   * @throws {ConflictError} `stale` if the recipe is for another version; else as `update` does
   */
  commit?(change: Change<S>): MaybePromise<After<S>>
  /**
   * Commits a change that was made elsewhere, together with what else waits: several in a row may each be made of what the one before
   * leads to. Absent if commits are not written together.
   *
   * @throws what `admit` throws, else as `update` does
   */
  replay?(change: Replay<S>): Promise<After<S>>
}

/** The exclusive right to commit to a cell, until it is released. Readers do not wait. */
export interface Hold<S> extends Writer<S> {
  /** Passes the cell to the next in line. A later commit through this hold is a ConflictError. Releasing again does nothing. */
  release(): void
}

/**
 * One versioned value. Reading never waits. The value is frozen, and `value` and `version` change together.
 *
 * Implement this interface to keep a pool's state elsewhere. Commits may then return promises. `storeContract` of
 * `@genpool/state-ane/testing` tests an implementation.
 */
export interface Cell<S> extends Writer<S> {
  readonly key: CellKey
  readonly value: S
  /** Starts at 0. Every commit that changes the value raises it by one. */
  readonly version: number
  /** Whether the cell is held, so that a commit must wait. */
  readonly held: boolean
  /**
   * True if a commit of a held cell waits in line by itself, with the others that wait, and nobody must hold the cell for it.
   * Otherwise such a commit may be refused.
   */
  readonly waits?: boolean
  /**
   * Resolves with the latest value, and makes it `value`. A store with a server asks it. Absent if `value` is always the latest.
   */
  fresh?(): Promise<S>
  /** How commits get on. Absent if a commit is done when its call returns. */
  condition?(): CellCondition
  /**
   * Commits patches that a recipe has made elsewhere of the very value that is here, where that is quicker than to run a recipe.
   *
   * @returns the value after the commit; undefined if they have to be applied by a recipe: nothing is changed then
   * @throws as `update` does
   */
  patch?(patches: readonly Patch[]): S | undefined
  /** Waits for the cell and holds it, first come first served. May return the hold of a free cell without a promise. */
  hold(): MaybePromise<Hold<S>>
  /**
   * Calls `watcher` once for each later commit, in the order of the commits.
   *
   * @returns a function that removes the watcher at once; calling it again does nothing
   */
  watch(watcher: Watcher<S>): () => void
  /** Returns the patches from `version` to the latest value, or undefined if that version is too old: use the value then. */
  patchesSince(version: number): readonly Patch[] | undefined
}

/** A cell that has committed when the call returns. */
export interface SyncCell<S> extends Cell<S> {
  update(recipe: Recipe<S>): S
  compareAndSet(version: number, next: S): boolean
  hold(): SyncHold<S> | Promise<SyncHold<S>>
}

/** A hold that has committed when the call returns. */
export interface SyncHold<S> extends Hold<S> {
  update(recipe: Recipe<S>): S
  compareAndSet(version: number, next: S): boolean
}

/**
 * Commits now if the cell is free; otherwise waits for the cell, first come first served.
 *
 * @example await whenFree(cell, (writer) => writer.update((draft) => { draft.count += 1 }))
 */
export function whenFree<S, T>(cell: Cell<S>, commit: (writer: Writer<S>) => MaybePromise<T>): MaybePromise<T> {
  try {
    if (typeof cell.update !== 'function') throw new TypeError('it is no cell')
    return cell.held ? holding(cell, commit) : commit(cell)
  } catch (error) {
    throw orWrongArgument(error, 'whenFree', { cell, callback: commit })
  }
}

/**
 * Holds the cell while `work` runs, and releases it also when `work` fails. Synchronous if cell and work are.
 *
 * @example await holding(cell, (hold) => hold.update((draft) => { draft.count = cell.value.count + 1 }))
 */
export function holding<S, T>(cell: Cell<S>, work: (hold: Hold<S>) => MaybePromise<T>): T | Promise<T> {
  try {
    return chain(cell.hold(), (hold) => releasing(hold, work))
  } catch (error) {
    throw orWrongArgument(error, 'holding', { cell, callback: work })
  }
}

function releasing<S, T>(hold: Hold<S>, work: (hold: Hold<S>) => MaybePromise<T>): T | Promise<T> {
  let waits = false
  try {
    const result = work(hold)
    if (!isPromise(result)) return result
    waits = true
    return Promise.resolve(result).finally(() => hold.release())
  } finally {
    if (!waits) hold.release()
  }
}
