import type { Patch } from 'immer'
import { diff } from './diff'
import { hidesChanges, type Kept, leavesHoles, movesKeys } from './drafts'

/** The patches of one change, forward and back. */
export type BothWays = readonly [patches: Patch[], inverse: Patch[]]

/**
 * Immer's patches, or those that compare the two states where immer's may be wrong. Immer 11 forgets
 * - what was changed in a draft that was also put elsewhere: into a new object, `draft.byName = { a: draft.list[0] }`, or into what
 *   the recipe then removes or replaces, `draft.order.of = draft.list[0]; delete draft.order`;
 * - that a property still exists to which its own old value was assigned (its pull request 1295),
 * - that a key was deleted and set again, so that it is the last one now,
 * - that an array has holes, since it was made shorter and longer again.
 *
 * The states themselves are right. All patches come from here: those of watchers, events, journals and replicas. A copy elsewhere, or a journal, would differ from them for ever.
 *
 * @param drafts what immer keeps about the drafts of the recipe; null if that is not known
 */
export function checkedPatches<S>(base: S, next: S, made: BothWays, drafts: readonly Kept[] | null): BothWays {
  const isWrong =
    hidesChanges(drafts) ||
    movesKeys(drafts) ||
    leavesHoles(drafts) ||
    made[0].some((patch) => mayHide(patch) || isUndone(patch, next))
  return isWrong ? [diff(base, next), diff(next, base)] : made
}

/**
 * Whether a new value holds objects that are new, too: one of them may be a draft that was changed at its old place. A new state as
 * a whole hides nothing.
 */
function mayHide({ path, value }: Patch): boolean {
  return path.length > 0 && isObject(value) && partsOf(value).some((part) => isObject(part) && !Object.isFrozen(part))
}

/** Whether it removes a property that is still there. */
function isUndone({ op, path }: Patch, next: unknown): boolean {
  if (op !== 'remove') return false
  const key = path.at(-1) as string | number
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((at, step) => (isObject(at) ? Reflect.get(at, step) : undefined), next)
  return isObject(holder) && !Array.isArray(holder) && Object.hasOwn(holder, key)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function partsOf(value: object): readonly unknown[] {
  return value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value)
}
