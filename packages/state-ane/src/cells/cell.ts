import type { Draft, Patch } from 'immer'
import type { CellKey } from '../errors'
import { chain, isPromise, type MaybePromise } from './maybe-promise'

/**
 * A change written as if it were made in place: it gets an immer draft of the latest value and changes it, or returns a
 * new value. It must be synchronous and pure: it may run when its commit is refused later, and it must not commit itself.
 */
export type Recipe<S> = (draft: Draft<S>) => S | Draft<S> | void | undefined

/**
 * Told of one commit: the value it made, its version, and the patches there and back.
 *
 * A commit that replaced the whole value has one patch with an empty path. What a watcher throws does not touch the commit.
 */
export type Watcher<S> = (
  value: S,
  version: number,
  patches: readonly Patch[],
  inversePatches: readonly Patch[],
) => void

/** What can be committed to a cell, or to a cell that one holds. */
export interface Writer<S> {
  /**
   * Runs `recipe` on the latest value and commits what comes out. Never conflicts with other commits.
   *
   * @returns the value after the commit; a recipe that changes nothing raises no version
   * @throws {InvalidError} if a validator refuses the value, or the recipe is asynchronous; nothing is changed
   * @throws {ConflictError} if the cell is held by somebody else and this store cannot wait; nothing is changed
   */
  update(recipe: Recipe<S>): MaybePromise<S>
  /**
   * Commits `next` if `version` is still the latest. The same value again is a success that raises no version.
   * `next` is frozen deeply, as everything in a cell is.
   *
   * @returns false if the version has moved on; nothing is changed then
   * @throws as `update` does
   */
  compareAndSet(version: number, next: S): MaybePromise<boolean>
}

/** The right to be the only one who commits to a cell, until it is released. Readers are not disturbed. */
export interface Hold<S> extends Writer<S> {
  /** Lets the next one in. Every later commit through this hold is a ConflictError. Releasing again does nothing. */
  release(): void
}

/**
 * One versioned value. Reading is free and never waits; a value is frozen, and `value` and `version` move together.
 *
 * This interface is what pools need of a state; implement it to keep the state elsewhere. Commits may then be promises.
 * `storeContract` of `@genpool/state-ane/testing` tells whether an implementation keeps the promises made here.
 */
export interface Cell<S> extends Writer<S> {
  readonly key: CellKey
  readonly value: S
  /** 0 at first, one more with every commit that changed something. */
  readonly version: number
  /** Whether somebody holds the cell, so that a commit must wait. */
  readonly held: boolean
  /** Waits for the cell and holds it, first come first served. A free cell may be given at once, without a promise. */
  hold(): MaybePromise<Hold<S>>
  /**
   * Calls `watcher` once for each later commit, in the order of the commits.
   *
   * @returns a function that ends it at once; calling that again does nothing
   */
  watch(watcher: Watcher<S>): () => void
  /** Patches that lead from `version` to the latest value, or undefined if that is too long ago: take the value then. */
  patchesSince(version: number): readonly Patch[] | undefined
}

/** A cell whose commits are done when the call returns. */
export interface SyncCell<S> extends Cell<S> {
  update(recipe: Recipe<S>): S
  compareAndSet(version: number, next: S): boolean
  hold(): SyncHold<S> | Promise<SyncHold<S>>
}

/** A hold whose commits are done when the call returns. */
export interface SyncHold<S> extends Hold<S> {
  update(recipe: Recipe<S>): S
  compareAndSet(version: number, next: S): boolean
}

/**
 * Commits now if the cell is free, or else waits for its turn, as first come first served.
 *
 * @example await whenFree(cell, (writer) => writer.update((draft) => { draft.count += 1 }))
 */
export function whenFree<S, T>(cell: Cell<S>, commit: (writer: Writer<S>) => MaybePromise<T>): MaybePromise<T> {
  return cell.held ? holding(cell, commit) : commit(cell)
}

/** Holds the cell while `work` runs, and lets go of it also if that fails. Synchronous if cell and work are. */
export function holding<S, T>(cell: Cell<S>, work: (hold: Hold<S>) => MaybePromise<T>): T | Promise<T> {
  return chain(cell.hold(), (hold) => releasing(hold, work))
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
