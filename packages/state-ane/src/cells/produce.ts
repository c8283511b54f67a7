import { enableMapSet, enablePatches, freeze, Immer, type Patch } from 'immer'
import type { CellKey } from '../errors'
import { InvalidError } from '../errors'
import type { Recipe } from './cell'
import { isPromise } from './maybe-promise'

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
  if (isPromise(result)) throw new AsyncRecipe(result)
  return result
}

class AsyncRecipe extends Error {
  constructor(promise: PromiseLike<unknown>) {
    super('asynchronous recipe')
    // The recipe's work after its first await is ignored; its error must not become an unhandled rejection.
    promise.then(undefined, () => undefined)
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

/** The same, with the patches forward and back. Costs about twice as much. */
export function produceWithPatches<S>(key: CellKey, base: S, recipe: Recipe<S>): readonly [S, Patch[], Patch[]] {
  current = recipe as unknown as Recipe<never>
  try {
    return immer.produceWithPatches(base, guarded as never)
  } catch (error) {
    throw explain(key, error)
  }
}

/** Freezes deeply. Frozen parts are skipped, so a new object around old parts is cheap. */
export function frozen<S>(value: S): S {
  return freeze(value, true)
}

/**
 * The same for the result of a recipe, which contains no drafts. Fast path: plain parts need no callback per key. Saves 10 %
 * of a commit of a small state.
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
  if (!(error instanceof AsyncRecipe)) return error
  return new InvalidError(`commit to cell "${key}"`, [
    {
      path: [],
      message:
        'the recipe is asynchronous, and a draft ends when its recipe returns. Await first, then change the draft ' +
        'in a plain function; or return the next state from a handler, which may be async.',
    },
  ])
}
