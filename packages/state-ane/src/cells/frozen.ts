import { freeze, isDraftable } from 'immer'
import { mark } from './opaque/opaque'

/**
 * Freezes deeply, and marks what cannot be frozen. What is frozen already is not looked into again, so a new top over old parts
 * is cheap.
 *
 * Plain parts are frozen without a callback for each key, as immer has one: a commit of a small state takes nine tenths of the
 * time.
 *
 * @param before a frozen value in whose place it comes. Parts that it has at the same place are not even looked at: V8 looks at
 *   each key of a large object to say whether it is frozen
 */
export function frozen<T>(value: T, before?: unknown): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeParts(value, before)
  return value
}

function freezeParts(value: object, before: unknown): void {
  if (Array.isArray(value)) {
    Object.freeze(value)
    freezeEach(value, Array.isArray(before) ? before : NOTHING)
  } else if (isPlain(value)) {
    Object.freeze(value)
    freezeNamed(value as Record<string, unknown>, before)
  } else if (isDraftable(value)) freezeRest(value, before)
  else mark(value)
}

const NOTHING: readonly unknown[] = []

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

/** Makes no list of values for a state of numbers, texts and the like: that took a short call with a commit 7 % of its time. */
function freezeNamed(parts: Record<string, unknown>, before: unknown): void {
  let known: readonly unknown[] | undefined
  let i = 0
  for (const name in parts) {
    const part = parts[name]
    if (typeof part === 'object' && part !== null) {
      known ??= typeof before === 'object' && before !== null && isPlain(before) ? Object.values(before) : NOTHING
      if (part !== known[i]) frozen(part, known[i])
    }
    i++
  }
}

function freezeEach(parts: readonly unknown[], known: readonly unknown[]): void {
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]
    if (part !== known[i]) frozen(part, known[i])
  }
}

/** Maps, sets, instances of immerable classes, objects of other realms and those without a prototype. */
function freezeRest(value: object, before: unknown): void {
  // Immer also takes their methods from a map and a set.
  freeze(value)
  if (value instanceof Map) freezeEntries(value, before instanceof Map ? before : EMPTY)
  else if (value instanceof Set) freezeEach([...value], before instanceof Set ? [...before] : NOTHING)
  else for (const part of Object.values(value) as unknown[]) frozen(part)
}

const EMPTY: ReadonlyMap<unknown, unknown> = new Map()

/** Keys, too: a draft may be one, or in one. */
function freezeEntries(map: ReadonlyMap<unknown, unknown>, before: ReadonlyMap<unknown, unknown>): void {
  freezeEach([...map.values()], [...before.values()])
  for (const key of map.keys()) if (typeof key === 'object' && key !== null && !before.has(key)) frozen(key)
}

/** The same for a map of which it is known which keys were set, with true, or deleted, with false. */
export function freezeSet(map: MapOfAny, before: MapOfAny, assigned: ReadonlyMap<unknown, boolean>): void {
  freeze(map)
  for (const [key, isSet] of assigned) {
    if (!isSet) continue
    frozen(map.get(key), before.get(key))
    frozen(key)
  }
}

type MapOfAny = ReadonlyMap<unknown, unknown>

/**
 * Marks what stands in a value that its user has frozen, as immer's `produce` does. Parts that the `known` value has at the same
 * place are not looked into.
 */
export function markFrozen(value: unknown, known: unknown, seen = new Set<object>()): void {
  if (typeof value !== 'object' || value === null || value === known || seen.has(value)) return
  if (!isDraftable(value)) return mark(value)
  seen.add(value)
  const entries: Iterable<readonly [unknown, unknown]> =
    value instanceof Map || value instanceof Set ? value.entries() : Object.entries(value)
  for (const [key, part] of entries) markFrozen(part, partAt(known, key), seen)
}

function partAt(value: unknown, key: unknown): unknown {
  if (value instanceof Map) return value.get(key)
  return typeof value === 'object' && value !== null
    ? (value as Record<PropertyKey, unknown>)[key as string]
    : undefined
}
