import { isDraft, original } from 'immer'
import { ConflictError } from '../errors'
import type { After, Cell, Change, Recipe, Writer } from './cell'
import { isPromise, type MaybePromise } from './maybe-promise'

/**
 * Makes a change with a writer of the cell, and tells what it has left.
 *
 * Of a store whose commits are promises, and that has no `commit`, it tells what the cell has when the promise resolves.
 *
 * @throws {ConflictError} `stale` if the recipe is for another version; else as `update` does
 */
export function committing<S>(cell: Cell<S>, writer: Writer<S>, change: Change<S>): MaybePromise<After<S>> {
  if (writer.commit !== undefined) return writer.commit(change)
  const { value, version } = cell
  const known = { value, version }
  if ('next' in change) {
    const done = writer.compareAndSet(change.version, change.next)
    if (isPromise(done)) return done.then((yes) => latest(cell, yes))
    return done ? after(known, change.next) : { ...known, done }
  }
  const next = writer.update(change.base === undefined ? change.recipe : onlyOn(cell, change.base, change.recipe))
  return isPromise(next) ? next.then(() => latest(cell, true)) : after(known, next)
}

/** A watcher may have committed since: the value of the cell may be a later one. */
function after<S>(before: { readonly value: S; readonly version: number }, value: S): After<S> {
  return { value, version: before.version + (Object.is(before.value, value) ? 0 : 1), done: true }
}

function latest<S>({ value, version }: Cell<S>, done: boolean): After<S> {
  return { value, version, done }
}

function onlyOn<S>(cell: Cell<S>, base: number, recipe: Recipe<S>): Recipe<S> {
  const { key, value, version } = cell
  if (version !== base) throw new ConflictError(key, 'stale')
  return (draft) => {
    const seen: unknown = isDraft(draft) ? original(draft) : draft
    if (!Object.is(seen, value)) throw new ConflictError(key, 'stale')
    return recipe(draft)
  }
}
