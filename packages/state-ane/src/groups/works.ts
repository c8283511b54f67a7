import type { Recipe } from '../cells/cell'
import type { Prepared } from '../cells/memory-cell'
import { frozenState, produceWithPatches } from '../cells/produce'
import { mustAddNoProtoName, mustHaveNoProtoName } from '../cells/proto-name'
import { prepare, type TransactionRecipe, type Values } from '../cells/transaction'
import type { Result, SpeculativeCell, Work } from './speculation'

/** `update` of a cell. */
export function updating<S>(recipe: Recipe<S>): Work<S> {
  return (cells) => {
    const cell = cells[0] as SpeculativeCell<S>
    const [next, patches, inverse] = produceWithPatches(cell.key, cell.value, recipe)
    if (Object.is(next, cell.value)) return { answer: cell.value, parts: [] }
    cell.validate(next)
    mustHaveNoProtoName(cell.key, patches)
    return { answer: next, parts: partsOf(cell, { next, patches, inverse }) }
  }
}

/** `compareAndSet` of a cell. Without a version, the last writer wins. */
export function setting<S>(version: number | undefined, next: S): Work<boolean> {
  return (cells) => {
    const cell = cells[0] as SpeculativeCell<S>
    if (version !== undefined && version !== cell.version) return { answer: false, parts: [] }
    if (Object.is(next, cell.value)) return { answer: true, parts: [] }
    cell.validate(next)
    mustAddNoProtoName(cell.key, next, cell.value)
    frozenState(cell.key, next, cell.value)
    return { answer: true, parts: partsOf(cell, { next, patches: undefined, inverse: undefined }) }
  }
}

/** A transaction on all cells of the group. */
export function transacting(recipe: TransactionRecipe): Work<Values> {
  return (cells) => {
    const [answer, parts] = prepare(cells, recipe, true)
    for (const { cell, change } of parts) mustAddNoProtoName(cell.key, change.next, cell.value)
    return { answer, parts }
  }
}

function partsOf<S>(cell: SpeculativeCell<S>, change: Prepared<S>): Result<unknown>['parts'] {
  return [{ cell: cell as unknown as SpeculativeCell, change }]
}
