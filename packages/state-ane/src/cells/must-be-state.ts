import { textOf } from '@genpool/runtime'
import { type CellKey, InvalidError } from '../errors'
import { ENDED_DRAFT, isEndedDraft } from './ended-draft'
import { isPromise } from './maybe-promise'

const REMEDIES = {
  function:
    'a function cannot be a state. Give the state itself. To change the latest value with a function, give it as a recipe: ' +
    'update(recipe), or reply(value, recipe).',
  symbol: 'a symbol cannot be a state: no journal and no other thread could read it. Use a string.',
  object: 'a promise cannot be a state. Await it first, and give what it resolves with.',
  generator:
    'a generator cannot be a state, and nothing of it has run. Give a plain function as the recipe, without "*".',
} as const

/**
 * Refuses what can never be a state: a function, a symbol, a generator, a promise or another thenable.
 *
 * It looks only at the value as a whole: a part of a state may be any of these.
 *
 * @param key the cell; undefined for what a handler returned
 * @param what what is done with the cell, as the error says it
 * @throws {InvalidError} that says what to do
 */
export function mustBeState(key: CellKey | undefined, value: unknown, what?: string): void {
  if (typeof value === 'object') {
    if (isThenable(key, value, what)) {
      // Nobody awaits it now, and its failure must not be an unhandled rejection.
      value.then(undefined, () => undefined)
    } else if (!isGenerator(value)) return
  } else if (typeof value !== 'function' && typeof value !== 'symbol') return
  throw notAState(key, value, what)
}

function isThenable(key: CellKey | undefined, value: unknown, what?: string): value is PromiseLike<unknown> {
  try {
    return isPromise(value)
  } catch (error) {
    if (isEndedDraft(error)) throw endedDraft(key, error)
    throw new InvalidError(commitTo(key, what), [{ path: [], message: cannotBeRead(error) }], error)
  }
}

/** What is wrong with a value whose getter or proxy throws. */
export function cannotBeRead(error: unknown): string {
  return `the value cannot be read: reading it threw: ${textOf(error)}`
}

/** The error for a draft whose recipe has returned, as the state, in it, or used by a recipe. */
export function endedDraft(key: CellKey | undefined, error: Error): InvalidError {
  return new InvalidError(commitTo(key), [{ path: [], message: `${ENDED_DRAFT}.` }], error)
}

/** Whether a generator function was called where a state, or a function that returns one, was wanted. */
export function isGenerator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || typeof (value as { next?: unknown }).next !== 'function')
    return false
  return /^\[object (Async)?Generator\]$/.test(Object.prototype.toString.call(value))
}

/** The error for a function, a symbol, a generator or a thenable. */
export function notAState(key: CellKey | undefined, value: unknown, what?: string): InvalidError {
  const message = REMEDIES[isGenerator(value) ? 'generator' : (typeof value as keyof typeof REMEDIES)]
  return new InvalidError(commitTo(key, what), [{ path: [], message }], thenableAsCause(value))
}

/** A thenable that is no promise says more than that: whoever made it may know it again. */
export function thenableAsCause(value: unknown): unknown {
  return typeof value === 'object' && !(value instanceof Promise) ? value : undefined
}

function commitTo(key: CellKey | undefined, what = 'commit to'): string {
  return key === undefined ? 'returned state' : `${what} cell "${key}"`
}
