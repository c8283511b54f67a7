import { compareKeys } from './fair-keys'
import { byKey, type FairKey, type Lane } from './fair-lane'
import { type Waiting } from './waiting'

/** The requests of one key, in their order. */
export interface KeyGroup<E> {
  readonly key: FairKey
  readonly items: E[]
}

/** Groups requests by their keys, in the order of these. */
export function groupsByKey<E>(items: Iterable<E>, keyOf: (item: E) => FairKey): readonly KeyGroup<E>[] {
  const groups = new Map<unknown, KeyGroup<E>>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key.id)
    if (group === undefined) groups.set(key.id, { key, items: [item] })
    else group.items.push(item)
  }
  return [...groups.values()].sort((a, b) => compareKeys(a.key.value, b.key.value))
}

/**
 * Groups requests that wait in lanes by these, in the order of the keys.
 *
 * @param lanes those that get a group in any case
 */
export function groupsByLane<E extends Waiting>(
  entries: readonly E[],
  lanes: Iterable<Lane<E>>,
): readonly (readonly [lane: Lane<E>, entries: readonly E[]])[] {
  const groups = new Map<Lane<E>, E[]>()
  for (const lane of lanes) groups.set(lane, [])
  for (const entry of entries) {
    const lane = entry.list?.holder as Lane<E>
    const group = groups.get(lane)
    if (group === undefined) groups.set(lane, [entry])
    else group.push(entry)
  }
  return [...groups].sort(([a], [b]) => byKey(a, b))
}
