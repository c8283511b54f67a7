import { isDraftable } from 'immer'
import { frozen } from './frozen'

/**
 * Puts values in the place of drafts that immer has left in a new state, and freezes it. Immer 11 leaves them as items of a new set,
 * `draft.best = new Set([draft.list[0]])`, and below the key `undefined` of a map. It reads the whole state, so it is called only
 * if one is left.
 *
 * @param values of all drafts of the recipe
 * @throws what a draft throws that has ended, if it is the draft of another recipe
 */
export function withoutDrafts<S>(state: S, values: ReadonlyMap<unknown, unknown>): S {
  return valueOf(state, { values, seen: new Set() }) as S
}

interface Walk {
  readonly values: ReadonlyMap<unknown, unknown>
  readonly seen: Set<unknown>
}

function valueOf(part: unknown, walk: Walk): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (walk.values.has(part)) return valueOf(walk.values.get(part), walk)
  if (walk.seen.has(part)) return part
  walk.seen.add(part)
  if (part instanceof Set) inSet(part, walk)
  else if (part instanceof Map) inMap(part, walk)
  else if (isDraftable(part)) for (const each of Object.values(part)) valueOf(each, walk)
  return frozen(part)
}

// A frozen set or map has only lost its methods.

function inSet(set: Set<unknown>, walk: Walk): void {
  const items = [...set]
  const values = items.map((item) => valueOf(item, walk))
  if (values.every((value, index) => value === items[index])) return
  Set.prototype.clear.call(set)
  for (const value of values) Set.prototype.add.call(set, value)
}

function inMap(map: Map<unknown, unknown>, walk: Walk): void {
  for (const [key, part] of map) {
    const value = valueOf(part, walk)
    if (value !== part) Map.prototype.set.call(map, key, value)
  }
}
