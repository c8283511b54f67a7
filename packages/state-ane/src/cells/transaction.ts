import type { Draft, Patch } from 'immer'
import { type CellKey, ConflictError, InvalidError } from '../errors'
import type { Recipe } from './cell'
import type { MemoryCell, Prepared } from './memory-cell'
import { produce, produceWithPatches } from './produce'

/** The values of several cells, by key. */
export type Values = Record<CellKey, unknown>

/**
 * A recipe for several cells at once. Its draft has the latest value of each cell under the cell's key. As any recipe, it must be
 * synchronous.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each cell of a store has its own type
export type TransactionRecipe<V extends object = Record<CellKey, any>> = (draft: Draft<V>) => NoPromise<V> | void

/** The values of cells may be of any types, so that a promise would be taken for them. */
type NoPromise<V> = (V | Draft<V>) & { readonly then?: never }

/** What a transaction needs of a cell before it commits. */
type Preparing = Pick<MemoryCell<unknown>, 'key' | 'value' | 'version' | 'watched' | 'validate'>

/** One cell's part of a transaction, computed and checked. */
export interface Part<C = MemoryCell<unknown>> {
  readonly cell: C
  readonly version: number
  readonly change: Prepared<unknown>
}

const NAME = 'transaction'

/**
 * Runs `recipe` on the latest values of `cells` and checks the result. Changes nothing yet.
 *
 * @param journaled whether to make patches also for cells without watchers
 * @returns the new values, and the parts of the cells that changed
 * @throws {InvalidError} if a value is refused, or the recipe adds or removes keys
 */
export function prepare<C extends Preparing>(
  cells: readonly C[],
  recipe: TransactionRecipe,
  journaled: boolean,
): readonly [Values, Part<C>[]] {
  const versions = cells.map((cell) => cell.version)
  const base = Object.create(null) as Values
  for (const cell of cells) base[cell.key] = cell.value
  const [next, patches, inverse] = run(base, recipe as unknown as Recipe<Values>, journaled || cells.some(isWatched))
  mustHaveKeys(next, cells)
  const [there, back] = [byKey(patches), byKey(inverse)]
  const parts: Part<C>[] = []
  cells.forEach((cell, i) => {
    const value = next[cell.key]
    if (Object.is(value, cell.value)) return
    cell.validate(value)
    const key = String(cell.key)
    const change = { next: value, patches: there && (there.get(key) ?? []), inverse: back && (back.get(key) ?? []) }
    parts.push({ cell, version: versions[i] as number, change })
  })
  return [next, parts]
}

/** Puts all parts in place and then calls the watchers: no watcher sees one part without the others. */
export function commit(parts: readonly Part[]): void {
  for (const { cell, version } of parts) if (cell.version !== version) throw new ConflictError(cell.key, 'nested')
  for (const { cell, change } of parts) cell.put(change)
  for (const { cell } of parts) cell.tell()
}

function isWatched(cell: Preparing): boolean {
  return cell.watched
}

type Result = readonly [Values, readonly Patch[] | undefined, readonly Patch[] | undefined]

function run(base: Values, recipe: Recipe<Values>, withPatches: boolean): Result {
  return withPatches ? produceWithPatches(NAME, base, recipe) : [produce(NAME, base, recipe), undefined, undefined]
}

function mustHaveKeys(next: unknown, cells: readonly Preparing[]): asserts next is Values {
  const keys = new Set(typeof next === 'object' && next !== null ? Object.keys(next) : [])
  const known = new Set(cells.map(({ key }) => String(key)))
  const added = [...keys].find((key) => !known.has(key))
  const missing = [...known].find((key) => !keys.has(key))
  if (added !== undefined) {
    const message =
      'a transaction cannot add keys: it changes only the cells in `keys`. Put every key that it needs into `keys`.'
    throw new InvalidError(NAME, [{ path: [added], message }])
  }
  if (missing !== undefined) {
    const message =
      'a transaction cannot remove keys: it returned no value for this one. Change the draft, or return the values of all `keys`.'
    throw new InvalidError(NAME, [{ path: [missing], message }])
  }
}

/** The patches below each key, as patches of its cell. Undefined after a patch of the whole record, which fits no cell. */
function byKey(patches: readonly Patch[] | undefined): ReadonlyMap<string, readonly Patch[]> | undefined {
  if (patches === undefined) return undefined
  const found = new Map<string, Patch[]>()
  for (const patch of patches) {
    const [key, ...path] = patch.path
    if (key === undefined) return undefined
    const own = { ...patch, op: path.length === 0 ? 'replace' : patch.op, path } as const
    const others = found.get(String(key))
    if (others === undefined) found.set(String(key), [own])
    else others.push(own)
  }
  return found
}
