import type { Hold, Recipe } from '../cells/cell'

/**
 * How what a handler returns becomes a commit.
 *
 * `update`: only recipes are accepted; they run on the latest value and never conflict.
 * `retry`: recipes as in `update`; a returned state is committed if the version that the handler saw is still the latest,
 * or else the handler runs again on the fresh state, at most `retries` times and then once holding the cell.
 * `exclusive`: the handler holds the cell while it runs; all other commits wait.
 * `overwrite`: recipes as in `update`; a returned state replaces whatever is there, so other commits may be lost.
 */
export type CommitMode = 'update' | 'retry' | 'exclusive' | 'overwrite'

/** What one run of a handler came to. The caller may put more into it; it gets the same object back. */
export interface Step<S> {
  /** The next state, or a recipe for it if it is a function. Undefined for no change. */
  readonly next?: S | Recipe<S> | undefined
  /** Overrides the mode for this step. `exclusive` runs the handler again if it did not hold the cell. */
  readonly mode?: CommitMode | undefined
}

/** Which run of the handler it is. */
export interface Attempt {
  /** 1, 2, 3 ... */
  readonly number: number
  /** Whether the cell is held, so that this run cannot conflict. */
  readonly exclusive: boolean
}

/** A handler's work on one cell. An object, and not functions, so that a request can be one without allocating any. */
export interface Transition<S, T extends Step<S>> {
  /** Called for each attempt. What it throws, or rejects with, ends the transition; nothing is committed. */
  run(state: S, attempt: Attempt): T | PromiseLike<T>
  /**
   * Asked right before a commit, and before a run that had to wait for the cell. An error refuses it: the deadline has
   * passed, or the member has been given up and its late result is fenced off.
   */
  admit?(): Error | undefined
  /**
   * Called once, after the commit: the place for replies and effects, which must not be repeated with the handler.
   * `state` is the state that the commit left, or the one that was read if the step changes nothing.
   */
  committed?(step: T, state: S): void
  /** Gets the hold under which the handler is about to run. Releasing it gives up the run: its commit is refused. */
  holding?(hold: Hold<S>): void
}

export interface CommitOptions {
  /** For steps that name no mode. Default `retry`. */
  readonly mode?: CommitMode | undefined
  /** How often a handler runs again before it gets the cell for itself. Default 3. */
  readonly retries?: number | undefined
}
