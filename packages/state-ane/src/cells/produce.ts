import { enableMapSet, enablePatches, freeze, Immer, nothing, type Patch } from 'immer'
import type { CellKey } from '../errors'
import { InvalidError } from '../errors'
import type { Recipe } from './cell'
import { isEndedDraft } from './ended-draft'
import { isPromise } from './maybe-promise'
import { endedDraft, notAState } from './must-be-state'

enablePatches()
enableMapSet()

/** An immer of our own, so that the settings of the application's immer do not decide whether cells are frozen. */
const immer = new Immer({ autoFreeze: true })
/** Leaves the freezing to `frozenResult`. */
const unfreezing = new Immer({ autoFreeze: false })

/** The recipe that `guarded` runs next. One function for all recipes, so that no commit allocates a closure. */
let current: Recipe<never> | undefined

function guarded(draft: never): unknown {
  const result: unknown = (current as Recipe<never>)(draft)
  if (result !== undefined && !isState(result)) throw new NoState(result)
  return result
}

function isState(result: unknown): boolean {
  // `nothing` is immer's own symbol, for a state that becomes undefined.
  if (typeof result === 'symbol') return result === nothing
  return typeof result !== 'function' && !isPromise(result)
}

/** What a recipe returned cannot be a state. */
class NoState extends Error {
  constructor(readonly result: unknown) {
    super('no state')
    // What an asynchronous recipe does after its first await has nowhere to go; its failure must not be an unhandled rejection.
    if (isPromise(result)) result.then(undefined, () => undefined)
  }
}

/** Runs a recipe on a frozen value. Returns the same value if nothing was changed. */
export function produce<S>(key: CellKey, base: S, recipe: Recipe<S>): S {
  current = recipe as unknown as Recipe<never>
  try {
    return frozenResult(unfreezing.produce(base, guarded as never))
  } catch (error) {
    throw explain(key, error)
  }
}

/** The same, with the patches there and back. Costs about twice as much. */
export function produceWithPatches<S>(key: CellKey, base: S, recipe: Recipe<S>): readonly [S, Patch[], Patch[]] {
  current = recipe as unknown as Recipe<never>
  try {
    return immer.produceWithPatches(base, guarded as never)
  } catch (error) {
    throw explain(key, error)
  }
}

/** Freezes deeply; what is frozen already is not looked into again, so a new top over old parts is cheap. */
export function frozen<S>(value: S): S {
  return freeze(value, true)
}

/**
 * The same for a value that comes from a user.
 *
 * @throws {InvalidError} if there is a draft in it whose recipe has returned
 */
export function frozenState<S>(key: CellKey, value: S): S {
  try {
    return freeze(value, true)
  } catch (error) {
    throw explain(key, error)
  }
}

/**
 * The same for what a recipe has made, in which there are no drafts: the plain parts without a callback for each key. A commit
 * of a small state takes nine tenths of the time.
 */
function frozenResult<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeParts(value)
  return value
}

function freezeParts(value: object): void {
  if (Array.isArray(value)) {
    Object.freeze(value)
    for (const part of value) frozenResult(part)
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    Object.freeze(value)
    for (const key in value) frozenResult((value as Record<string, unknown>)[key])
  } else freeze(value, true)
}

function explain(key: CellKey, error: unknown): unknown {
  if (!(error instanceof NoState)) return isEndedDraft(error) ? endedDraft(key, error) : error
  if (!isPromise(error.result)) return notAState(key, error.result)
  return new InvalidError(`commit to cell "${key}"`, [
    {
      path: [],
      message:
        'the recipe is asynchronous, and a draft ends when its recipe returns. Do the waiting first and change the draft ' +
        'in a plain function; or return the next state from a handler, which may be async.',
    },
  ])
}
