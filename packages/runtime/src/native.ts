import { types } from 'node:util'
import { deserialize, serialize } from 'node:v8'

/** Whether what Node reads from bytes, or from another thread, is of another realm than this code: so it is within Jest. */
const isElsewhere = !(deserialize(serialize(new Map())) instanceof Map)

/**
 * What Node has read, as this code would have made it.
 *
 * A test runner as Jest gives tests a realm of their own, with another `Map`, `Set` and `Date` than Node's. To `instanceof` and to
 * immer, what Node reads is no map then. Plain objects, arrays, maps, sets and dates are made again; all else stays as it is.
 * Elsewhere, everything does.
 */
export function native<T>(value: T): T {
  return isElsewhere ? (remade(value, new Map()) as T) : value
}

/** @param known what was made again: it may be in many places, and in itself */
function remade(value: unknown, known: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (known.has(value)) return known.get(value)
  const made = emptyAs(value)
  known.set(value, made)
  if (types.isMap(value))
    for (const [key, part] of value) (made as Map<unknown, unknown>).set(remade(key, known), remade(part, known))
  else if (types.isSet(value)) for (const item of value) (made as Set<unknown>).add(remade(item, known))
  if (made === value) return value
  for (const key of Object.keys(value)) {
    const part = remade((value as Record<string, unknown>)[key], known)
    Object.defineProperty(made, key, { value: part, writable: true, enumerable: true, configurable: true })
  }
  return made
}

/** A new one of its kind; `value` itself if it is of another kind. */
function emptyAs(value: object): object {
  if (types.isMap(value)) return new Map()
  if (types.isSet(value)) return new Set()
  if (types.isDate(value)) return new Date(value)
  if (Array.isArray(value)) return new Array(value.length)
  return isOfObject(value) ? {} : value
}

function isOfObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype !== null && Object.getPrototypeOf(prototype) === null && !types.isNativeError(value)
}
