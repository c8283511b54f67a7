import type { Recipe, Writer } from '../cells/cell'
import { isPromise, type MaybePromise } from '../cells/maybe-promise'
import { mustBeState } from '../cells/must-be-state'
import { InvalidError } from '../errors'
import type { CommitMode, CommitOptions, Step, Transition } from './transition'

export const CONFLICT = Symbol('conflict')

/** The result of a commit: the committed state, or a conflict because its version is no longer the latest. */
export type CommitResult<S> = S | typeof CONFLICT

export function modeOf<S>(step: Step<S>, options: CommitOptions): CommitMode {
  return step.mode ?? options.mode ?? 'retry'
}

export function refuse(transition: { admit?(): Error | undefined }): void {
  const error = transition.admit?.()
  if (error !== undefined) throw error
}

/** Tells the transition if its commit is being written now. */
export function written<R>(transition: { writing?(begun: boolean): void }, commit: MaybePromise<R>): MaybePromise<R> {
  if (isPromise(commit)) transition.writing?.(true)
  return commit
}

/** A recipe that the transition calls. */
export function made<S>(transition: Pick<Transition<S, never>, 'make'>, next: S | Recipe<S>): S | Recipe<S> {
  return transition.make === undefined || !isRecipe(next)
    ? next
    : madeBy(transition as Required<typeof transition>, next)
}

// The closures of this file and of `transact` are made in functions of their own: where one stands, V8 makes room for what it holds also
// for a commit that makes none.
function madeBy<S>(transition: Required<Pick<Transition<S, never>, 'make'>>, next: Recipe<S>): Recipe<S> {
  return (draft) => transition.make(next, draft)
}

/** Commits one step. CONFLICT means that nothing was changed. */
export function write<S>(
  writer: Writer<S>,
  next: S | Recipe<S>,
  mode: CommitMode | undefined,
  version: number,
): MaybePromise<CommitResult<S>> {
  if (isRecipe(next)) return writer.update(next)
  // A promise is a mistake also where the step comes to nothing.
  mustBeState(undefined, next)
  if (mode === 'update') throw recipesOnly()
  const done = writer.compareAndSet(version, next)
  return isPromise(done) ? later(done, next) : done ? next : CONFLICT
}

function later<S>(done: PromiseLike<boolean>, next: S): PromiseLike<CommitResult<S>> {
  return done.then((yes) => (yes ? next : CONFLICT))
}

export function isRecipe<S>(next: S | Recipe<S> | undefined): next is Recipe<S> {
  return typeof next === 'function'
}

/** The change as a recipe, which never conflicts. */
export function asRecipe<S>(next: S | Recipe<S>): Recipe<S> {
  return isRecipe(next) ? next : () => next
}

function recipesOnly(): InvalidError {
  const message =
    'the commit mode is "update", which accepts only recipes: a state that was computed from an earlier value may undo ' +
    'other commits. Return a function that changes the draft, or use mode "retry".'
  return new InvalidError('returned state', [{ path: [], message }])
}
