import type { Hold, Recipe } from '../cells/cell'

/**
 * How a handler's result is committed.
 *
 * - `update`: accepts only recipes; they run on the latest value and never conflict
 * - `retry`: recipes as in `update`; a returned state is committed if the version that the handler saw is still the latest.
 *   Otherwise the handler runs again on the latest state, at most `retries` times, and then once while it holds the cell
 * - `exclusive`: the handler holds the cell while it runs; all other commits wait
 * - `overwrite`: recipes as in `update`; a returned state replaces the latest value, so other commits may be lost
 */
export type CommitMode = 'update' | 'retry' | 'exclusive' | 'overwrite'

/** The result of one run of a handler. A caller may add fields of its own; it gets the same object back. */
export interface Step<S> {
  /** The next state, or a recipe if it is a function. Undefined for no change. */
  readonly next?: S | Recipe<S> | undefined
  /** Overrides the mode for this step. With `exclusive` the handler runs again, and holds the cell, if another commit came first. */
  readonly mode?: CommitMode | undefined
}

/** One run of the handler. */
export interface Attempt {
  /** 1, 2, 3 ... */
  readonly number: number
  /** Whether the cell is held, so that this run cannot conflict. */
  readonly exclusive: boolean
}

/** A handler's work on one cell. An object with methods, so that a request can implement it without allocating functions. */
export interface Transition<S, T extends Step<S>> {
  /** Runs the handler once. An error or a rejection ends the transition; nothing is committed. */
  run(state: S, attempt: Attempt): T | PromiseLike<T>
  /**
   * Called right before a commit, and before a run that waited for the cell. Returns an error to refuse it: the deadline has
   * passed, or the member was replaced as stuck and its late result must not count.
   */
  admit?(): Error | undefined
  /**
   * Called in the place of a recipe, with it. It returns what the recipe makes, and throws to refuse the commit. Left out: the recipe is
   * called.
   */
  make?(recipe: Recipe<S>, draft: Parameters<Recipe<S>>[0]): ReturnType<Recipe<S>>
  /**
   * Called once, after the commit: the place for replies and effects, which must not run again with the handler.
   * `state` is the committed state, or the state that was read if the step changes nothing.
   */
  committed?(step: T, state: S): void
  /**
   * Called with true when a commit is handed to a cell that writes it: from then on it may count, whatever becomes of the caller. With
   * false when it came to nothing, since another commit came first. Never called for a cell that commits at once.
   */
  writing?(begun: boolean): void
  /** Called with the hold under which the handler runs next. Releasing it gives up that run: its commit is refused. */
  holding?(hold: Hold<S>): void
}

export interface CommitOptions {
  /** The mode of steps without one. Default `retry`. */
  readonly mode?: CommitMode | undefined
  /** How often a handler may run again before it runs while it holds the cell. Default 3. */
  readonly retries?: number | undefined
}
