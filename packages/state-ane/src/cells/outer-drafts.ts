import { isDraft, isDraftable } from 'immer'
import { LeftDraft } from './left-drafts'
import { isWithinRecipe } from './opaque/opaque'

/**
 * Looks for drafts of a recipe within which this commit is made. They would change and end with it; and to freeze one would break it
 * for its own recipe. A commit that is within no recipe is not looked at, nor are parts that the state had at the same place.
 *
 * @throws {LeftDraft} if there is one
 */
export function mustHaveNoOuterDraft(next: unknown, before: unknown): void {
  if (!isWithinRecipe()) return
  const path = pathToDraft(next, before, new Set())
  if (path !== undefined) throw new LeftDraft(path, OUTER)
}

const OUTER =
  'a part of the draft of another recipe, which still runs: it may change, and it ends with that recipe. Put current(draft) ' +
  'there, or commit after that recipe.'

function pathToDraft(value: unknown, known: unknown, seen: Set<object>): PropertyKey[] | undefined {
  if (typeof value !== 'object' || value === null || value === known || seen.has(value)) return undefined
  seen.add(value)
  if (isEnded(value)) return undefined
  if (isDraft(value)) return []
  for (const [name, part, knownPart] of partsOf(value, known)) {
    const path = pathToDraft(part, knownPart, seen)
    if (path !== undefined) return [name, ...path]
  }
  return undefined
}

/** Whether it is a draft whose recipe has returned. That is seen to later. */
function isEnded(value: object): boolean {
  try {
    isDraft(value)
    return false
  } catch {
    return true
  }
}

type Part = readonly [name: PropertyKey, value: unknown, known: unknown]

/** What a value has, and a known value at the same place. An instance of a class is looked into when it is marked. */
function partsOf(value: object, known: unknown): Part[] {
  if (value instanceof Map) {
    const before = known instanceof Map ? known : new Map<unknown, unknown>()
    return [...(value as Map<unknown, unknown>)].flatMap(([key, part]): Part[] => {
      return [...(before.has(key) ? [] : [['a key', key, undefined] as const]), [nameOf(key), part, before.get(key)]]
    })
  }
  if (value instanceof Set) {
    return [...(value as Set<unknown>)].map((item, i): Part => [
      String(i),
      item,
      known instanceof Set && known.has(item) ? item : null,
    ])
  }
  if (!isDraftable(value)) return []
  const before = typeof known === 'object' && known !== null ? (known as Record<string, unknown>) : {}
  return Object.entries(value).map(([name, part]): Part => [name, part, before[name]])
}

function nameOf(key: unknown): PropertyKey {
  return typeof key === 'string' || typeof key === 'number' ? key : 'a value'
}
