import { isDraftable } from 'immer'
import { endedDraft, ENDED_DRAFT, isLeftDraft } from './ended-draft'
import { frozen } from './frozen'
import { draftWithin, nameOf } from './opaque/draft-within'

/** A draft stands where nothing can take its place. */
export class LeftDraft extends Error {
  constructor(
    readonly path: readonly PropertyKey[],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/**
 * Puts values in the place of drafts that immer has left in a new state, and freezes it. Immer 11 leaves them as items of a new set,
 * `draft.best = new Set([draft.list[0]])`, as keys of maps, and below the key `undefined` of a map. It reads the whole state, so it is
 * called only if one is left.
 *
 * @param values of all drafts of the recipe
 * @throws {LeftDraft} if one is the draft of another recipe, or nothing can take its place
 */
export function withoutDrafts<S>(state: S, values: ReadonlyMap<unknown, unknown>): S {
  return new Mending(values).whole(state)
}

class Mending {
  readonly #path: PropertyKey[] = []
  /** What each part has become. */
  readonly #made = new Map<object, object>()
  /** Where a part was found within itself. */
  readonly #again = new Map<object, readonly PropertyKey[]>()
  readonly #within = new Set<object>()

  constructor(private readonly values: ReadonlyMap<unknown, unknown>) {}

  whole<S>(state: S): S {
    const made = this.#valueOf(state) as S
    // Not before: what is frozen leads to parts that are not mended yet, if one of them is within itself.
    for (const part of this.#made.values()) frozen(part)
    return made
  }

  #valueOf(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part
    if (this.values.has(part)) return this.#valueOf(this.values.get(part))
    if (this.#within.has(part)) this.#again.set(part, [...this.#path])
    return this.#made.get(part) ?? this.#become(part)
  }

  #become(part: object): object {
    if (isLeftDraft(part)) throw new LeftDraft([...this.#path], `${ENDED_DRAFT}.`, { cause: endedDraft() })
    this.#made.set(part, part)
    this.#within.add(part)
    const made = this.#mended(part)
    this.#within.delete(part)
    const again = this.#again.get(part)
    if (made !== part && again !== undefined) throw new LeftDraft(again, WITHIN_ITSELF)
    this.#made.set(part, made)
    return made
  }

  #mended(part: object): object {
    if (part instanceof Set) return this.#inSet(part)
    if (part instanceof Map) return this.#inMap(part)
    if (isDraftable(part)) return this.#inProperties(part)
    const path = draftWithin(part)
    if (path === undefined) return part
    throw new LeftDraft([...this.#path, ...path], withinOpaque(part))
  }

  #at(name: PropertyKey, part: unknown): unknown {
    this.#path.push(name)
    const value = this.#valueOf(part)
    this.#path.pop()
    return value
  }

  /** A copy, since it may be frozen already. */
  #inProperties(part: object): object {
    const changed = Object.entries(part).flatMap(([name, each]: [string, unknown]) => {
      const value = this.#at(name, each)
      return value === each ? [] : [[name, value] as const]
    })
    if (changed.length === 0) return part
    const copy: object = Array.isArray(part)
      ? [...(part as unknown[])]
      : Object.assign(Object.create(Object.getPrototypeOf(part) as object | null) as object, part)
    return Object.assign(copy, Object.fromEntries(changed))
  }

  // A frozen set or map has only lost its methods.

  #inSet(set: Set<unknown>): object {
    const items = [...set]
    const values = items.map((item, index) => this.#at(index, item))
    if (values.every((value, index) => value === items[index])) return set
    Set.prototype.clear.call(set)
    for (const value of values) Set.prototype.add.call(set, value)
    return set
  }

  #inMap(map: Map<unknown, unknown>): object {
    const entries = [...map]
    const values = entries.map(([key, part]) => [this.#at('a key', key), this.#at(nameOfKey(key), part)] as const)
    if (values.every(([key, value], i) => key === entries[i]?.[0] && value === entries[i]?.[1])) return map
    Map.prototype.clear.call(map)
    // Two keys may have become the same: what was set last counts.
    for (const [key, value] of values) Map.prototype.set.call(map, key, value)
    return map
  }
}

/** It may be a draft that has ended. */
function nameOfKey(key: unknown): string | number {
  return typeof key === 'object' || typeof key === 'function' ? 'a value' : typeof key === 'number' ? key : String(key)
}

const WITHIN_ITSELF =
  'it contains itself, and nothing can take the place of the draft there. Give the name or the place of the other part instead'

function withinOpaque(part: object): string {
  return (
    `a part of the draft is in an instance of ${nameOf(part)}, and it ends with its recipe: nothing else can take its place there. ` +
    'Put current(draft) there, use a plain object, or give the class [immerable] = true.'
  )
}
