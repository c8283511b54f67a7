import { enableMapSet, enablePatches, Immer, immerable, isDraftable, nothing, type Patch } from 'immer'
import { GenPoolError, showValue } from '@genpool/runtime'
import type { CellKey } from '../errors'
import { InvalidError } from '../errors'
import type { Recipe } from './cell'
import { type BothWays, checkedPatches } from './checked-patches'
import { diff } from './diff'
import { followed, freezeDrafts, type Kept, learnFrom, valuesOf } from './drafts'
import { isEndedDraft } from './ended-draft'
import { frozen, markFrozen } from './frozen'
import { LeftDraft, withoutDrafts } from './left-drafts'
import { isPromise } from './maybe-promise'
import { mustHaveNoOuterDraft } from './outer-drafts'
import { cannotBeRead, endedDraft, isGenerator, notAState, thenableAsCause } from './must-be-state'
import { faultOf, InPlace, watching } from './opaque/opaque'

enablePatches()
enableMapSet()

/** An immer of our own, whatever the settings of the application's immer are. It leaves the freezing to `frozen`. */
const immer = new Immer({ autoFreeze: false })
learnFrom(immer)

/** The recipe that `guarded` runs next. One function for all recipes, so that no commit allocates a closure. */
let current: Recipe<never> | undefined

/** What the last recipe returned, for the error of one that also changed its draft. */
let returned: unknown

/** Whether the last recipe has returned: what is thrown then is not its own. */
let hasReturned = false

/** What immer keeps about the drafts of the last recipe; null if that is not known. */
let kept: readonly Kept[] | null = null

function guarded(draft: never): unknown {
  returned = undefined
  hasReturned = false
  const drafts = followed(draft)
  const result = watching<never, unknown>(current as Recipe<never>, draft)
  hasReturned = true
  if (result !== undefined) returned = result
  if (result !== undefined && !isState(result)) throw new NoState(result)
  kept = drafts
  return result
}

function isState(result: unknown): boolean {
  // `nothing` is immer's own symbol, for a state that becomes undefined.
  if (typeof result === 'symbol') return result === nothing
  return typeof result !== 'function' && !isPromise(result) && !isGenerator(result)
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
    return isOpaque(base) ? frozen(onWhole(base), base) : made(immer.produce(base, guarded as never), base)
  } catch (error) {
    throw explain({ key, base, recipe }, error)
  }
}

/** The same, with the patches forward and back. Costs about twice as much. */
export function produceWithPatches<S>(key: CellKey, base: S, recipe: Recipe<S>): readonly [S, Patch[], Patch[]] {
  current = recipe as unknown as Recipe<never>
  try {
    if (isOpaque(base)) return replacing(base, frozen(onWhole(base)))
    const [next, patches, inverse] = immer.produceWithPatches(base, guarded as never) as readonly [S, Patch[], Patch[]]
    return madeWithPatches([next, base], [patches, inverse])
  } catch (error) {
    throw explain({ key, base, recipe }, error)
  }
}

/** Freezes what immer has made of a value. */
function made<S>(next: S, base: S): S {
  const drafts = kept
  kept = null
  try {
    mustHaveNoOuterDraft(next, base)
    return asMade(next, base, drafts)
  } catch (error) {
    return mended(next, drafts, error)
  }
}

function madeWithPatches<S>([next, base]: readonly [S, S], patches: BothWays): readonly [S, Patch[], Patch[]] {
  const drafts = kept
  kept = null
  try {
    mustHaveNoOuterDraft(next, base)
    // First: it looks for parts that are not frozen yet.
    const checked = checkedPatches(base, next, patches, drafts)
    return [asMade(next, base, drafts), ...checked]
  } catch (error) {
    const state = mended(next, drafts, error)
    return [state, diff(base, state), diff(state, base)]
  }
}

function asMade<S>(next: S, base: S, drafts: readonly Kept[] | null): S {
  return drafts !== null && freezeDrafts(drafts, base, next) ? next : frozen(next, base)
}

/** Puts values in the place of drafts that immer has left. @throws the error that one of them threw, if that is not possible */
function mended<S>(next: S, drafts: readonly Kept[] | null, error: unknown): S {
  if (drafts === null || !isEndedDraft(error)) throw error
  return withoutDrafts(next, valuesOf(drafts))
}

/** Whether immer makes no draft of the state as a whole. Its parts are looked at when a recipe reads them. */
function isOpaque(base: unknown): base is object {
  if (typeof base !== 'object' || base === null || Object.getPrototypeOf(base) === Object.prototype) return false
  return !isDraftable(base)
}

/** Runs the recipe on a state that has no draft: it gets the state itself, and may return another one. */
function onWhole<S extends object>(base: S): S {
  const recipe = current as unknown as Recipe<S>
  current = ((state: S) => {
    Reflect.get(state, immerable)
    return recipe(state as never)
  }) as never
  const result = guarded(base as never)
  return (result === undefined ? base : result === nothing ? undefined : result) as S
}

function replacing<S>(base: S, next: S): readonly [S, Patch[], Patch[]] {
  if (Object.is(base, next)) return [base, [], []]
  return [next, [{ op: 'replace', path: [], value: next }], [{ op: 'replace', path: [], value: base }]]
}

/**
 * Freezes a value that comes from a user, deeply.
 *
 * @param before the value in whose place it comes
 * @throws {InvalidError} if there is a draft in it whose recipe has returned
 */
export function frozenState<S>(key: CellKey, value: S, before?: S): S {
  try {
    mustHaveNoOuterDraft(value, before)
    if (Object.isFrozen(value)) markFrozen(value, before)
    return frozen(value, before)
  } catch (error) {
    hasReturned = true
    const explained = explain({ key, base: value }, error)
    if (explained instanceof GenPoolError) throw explained
    throw new InvalidError(`commit to cell "${key}"`, [{ path: [], message: cannotBeRead(error) }], error)
  }
}

/** Whether immer refuses what a recipe returned, since it changed its draft, too. The recipe itself has not thrown. */
function didBoth(error: unknown): error is Error {
  return returned !== undefined && error instanceof Error && error.message.startsWith('[Immer]')
}

function both(): string {
  return (
    `the recipe changed its draft, and it returned ${showValue(returned)}. It may do only one of the two. If that is the ` +
    'value of an expression, write braces around the body: (draft) => { draft.count++ }.'
  )
}

interface Commit {
  readonly key: CellKey
  readonly base: unknown
  readonly recipe?: unknown
}

function explain(commit: Commit, error: unknown): unknown {
  const { key, base, recipe } = commit
  if ('recipe' in commit && typeof recipe !== 'function') {
    const message = `a recipe has to be a function that changes its draft or returns the next value, got ${showValue(recipe)}`
    return new InvalidError(`commit to cell "${key}"`, [{ path: [], message }])
  }
  if (error instanceof InPlace) {
    const faults = error.values.map((value) => faultOf(base, value))
    return new InvalidError(`commit to cell "${key}"`, faults)
  }
  if (error instanceof LeftDraft) {
    return new InvalidError(`commit to cell "${key}"`, [{ path: error.path, message: error.message }], error.cause)
  }
  if (hasReturned && isRangeError(error)) return tooDeep(key, error)
  if (didBoth(error)) return new InvalidError(`commit to cell "${key}"`, [{ path: [], message: both() }], error)
  if (!(error instanceof NoState)) return isEndedDraft(error) ? endedDraft(key, error) : error
  if (!isPromise(error.result)) return notAState(key, error.result)
  return new InvalidError(
    `commit to cell "${key}"`,
    [{ path: [], message: ASYNCHRONOUS }],
    thenableAsCause(error.result),
  )
}

function isRangeError(error: unknown): error is RangeError {
  return error instanceof Error && error.name === 'RangeError'
}

/** Immer, and what freezes, go through a value one call within the other. */
function tooDeep(key: CellKey, cause: RangeError): InvalidError {
  const message = `the new value is nested too deep, or contains itself (${cause.message}). Keep it flatter, or as text`
  return new InvalidError(`commit to cell "${key}"`, [{ path: [], message }], cause)
}

const ASYNCHRONOUS =
  'the recipe is asynchronous, and a draft ends when its recipe returns. Await first, then change the draft ' +
  'in a plain function; or return the next state from a handler, which may be async.'
