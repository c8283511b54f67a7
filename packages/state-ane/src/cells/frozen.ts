import { freeze, isDraftable } from 'immer'
import { mark } from './opaque/opaque'

/**
 * Freezes deeply, and marks what cannot be frozen. What is frozen already is not looked into again, so a new top over old parts
 * is cheap.
 *
 * Plain parts are frozen without a callback for each key, as immer has one: a commit of a small state takes nine tenths of the
 * time.
 */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeParts(value)
  return value
}

function freezeParts(value: object): void {
  if (Array.isArray(value)) {
    Object.freeze(value)
    for (const part of value) frozen(part)
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    Object.freeze(value)
    for (const key in value) frozen((value as Record<string, unknown>)[key])
  } else if (isDraftable(value)) freezeRest(value)
  else mark(value)
}

/** Maps, sets, instances of immerable classes, objects of other realms and those without a prototype. */
function freezeRest(value: object): void {
  // Immer also takes their methods from a map and a set.
  freeze(value)
  const parts: Iterable<unknown> = value instanceof Map || value instanceof Set ? value.values() : Object.values(value)
  for (const part of parts) frozen(part)
}

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
