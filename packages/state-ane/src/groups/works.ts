import type { Patch } from 'immer'
import { readSafely, wrongArgument } from '@genpool/runtime'
import type { After, Change, Recipe, Replay } from '../cells/cell'
import type { Prepared } from '../cells/memory-cell'
import { checkVersion } from '../cells/check-version'
import { frozenState, produceWithPatches } from '../cells/produce'
import { patched } from '../cells/patched'
import { mustBeKept, patchesMustBeKept } from '../cells/must-be-kept'
import { prepare, type TransactionRecipe, type Values } from '../cells/transaction'
import { ConflictError } from '../errors'
import type { Result, SpeculativeCell, Work } from './speculation'

/** `update` of a cell. */
export function updating<S>(recipe: Recipe<S>): Work<S> {
  return (cells) => {
    const cell = cells[0] as SpeculativeCell<S>
    const [next, patches, inverse] = produceWithPatches(cell.key, cell.value, recipe)
    if (Object.is(next, cell.value)) return { answer: cell.value, parts: [] }
    return updated(cell, { next, patches, inverse })
  }
}

function updated<S>(cell: SpeculativeCell<S>, change: Made<S>): Result<S> {
  const { next, patches } = change
  cell.validate(next)
  // The value that a cell starts with is written with its first commit.
  if (cell.version === 0) mustBeKept(cell.key, next)
  else patchesMustBeKept(cell.key, patches)
  return { answer: next, parts: partsOf(cell, change) }
}

type Made<S> = Prepared<S> & { readonly patches: readonly Patch[] }

/** `replay` of a cell. */
export function replaying<S>({ patches, recipe, admit, leads }: Replay<S>): Work<After<S>> {
  const byRecipe = updating(recipe)
  return (cells) => {
    const cell = cells[0] as SpeculativeCell<S>
    admit(cell.value)
    const change = patched(cell.value, patches)
    const { answer, parts } = change === null ? byRecipe(cells) : updated(cell, { ...change, patches })
    leads(answer)
    return { answer: { value: answer, version: cell.version + parts.length, done: true }, parts }
  }
}

/** `compareAndSet` of a cell. */
export function settingAt<S>(version: number, next: S): Work<boolean> {
  const work = setting(version, next)
  return (cells) => {
    checkVersion('compareAndSet', version)
    return work(cells)
  }
}

/** The same. Without a version, the last writer wins. */
export function setting<S>(version: number | undefined, next: S): Work<boolean> {
  return (cells) => {
    const cell = cells[0] as SpeculativeCell<S>
    if (version !== undefined && version !== cell.version) return { answer: false, parts: [] }
    if (Object.is(next, cell.value)) return { answer: true, parts: [] }
    cell.validate(next)
    mustBeKept(cell.key, next, written(cell))
    frozenState(cell.key, next, cell.value)
    return { answer: true, parts: partsOf(cell, { next, patches: undefined, inverse: undefined }) }
  }
}

/** `commit` of a cell: the same, answered with what it leaves. */
export function changing<S>(change: Change<S>): Work<After<S>> {
  if (!readSafely(() => 'recipe' in change || 'next' in change, false)) {
    throw wrongArgument(
      { of: 'commit', argument: 'change', expected: 'a recipe, or a version and the next value' },
      change,
    )
  }
  const isRecipe = 'recipe' in change
  const work: Work<unknown> = isRecipe ? updating(change.recipe) : setting(change.version, change.next)
  return (cells) => {
    const cell = cells[0] as SpeculativeCell<S>
    if (isRecipe && change.base !== undefined && change.base !== cell.version)
      throw new ConflictError(cell.key, 'stale')
    const { answer, parts } = work(cells)
    const value = parts.length === 0 ? cell.value : (parts[0]?.change.next as S)
    return { answer: { value, version: cell.version + parts.length, done: isRecipe || answer === true }, parts }
  }
}

/** A transaction on all cells of the group. */
export function transacting(recipe: TransactionRecipe): Work<Values> {
  return (cells) => {
    const [answer, parts] = prepare(cells, recipe, true)
    for (const { cell, change } of parts) mustBeKept(cell.key, change.next, written(cell))
    return { answer, parts }
  }
}

function partsOf<S>(cell: SpeculativeCell<S>, change: Prepared<S>): Result<unknown>['parts'] {
  return [{ cell: cell as unknown as SpeculativeCell, change }]
}

/** The value that was looked at when it was written: not what a cell starts with. */
function written({ version, value }: SpeculativeCell<unknown>): unknown {
  return version === 0 ? undefined : value
}
