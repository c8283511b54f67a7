import type { Fault } from '@genpool/core'
import { MOST_DEPTH, readSafely, textOf } from '@genpool/runtime'
import { types } from 'node:util'

/** Whether structured clone takes this value. */
export function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

/** The levels of a message around its values, and those of an error that is encoded. */
const AROUND = 64

/**
 * Whether the other side can read what is written of a value, or of a message with values. V8 writes what it cannot read: an error that
 * is in its own cause, and what is nested too deeply for the stack of the reader.
 */
export function isReadable(value: unknown): boolean {
  return !isDeep(value, MOST_DEPTH + AROUND) && isCloneable(value)
}

/** Whether it is nested deeper than so many levels. */
export function isDeep(value: unknown, levels: number = MOST_DEPTH): boolean {
  return readSafely(() => isDeeper(value, levels, new Set()), false)
}

function isDeeper(value: unknown, levels: number, seen: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null || seen.has(value)) return false
  if (levels <= 0) return true
  seen.add(value)
  return readSafely(() => partsOf(value), []).some(([, part]) => isDeeper(part, levels - 1, seen))
}

/** What in a value cannot be cloned, or not be read again, and where: the deepest part that is at fault. */
export function faultIn(value: unknown): Fault {
  return readSafely(() => find(value, [], new Way()), undefined) ?? { path: [], message: 'it cannot be cloned' }
}

const TOO_DEEP = `it is nested more than ${MOST_DEPTH} levels deep, which cannot be sent to a thread`
const OWN_CAUSE = 'it is an error that is in its own cause, which cannot be sent to a thread'

/** Where a search is. */
class Way {
  readonly seen = new Set<unknown>()
  /** The errors around the value that is looked at. */
  readonly errors = new Set<unknown>()
}

function find(value: unknown, path: readonly PropertyKey[], way: Way): Fault | undefined {
  if (typeof value === 'function') return { path, message: 'it is a function, which cannot be sent to a thread' }
  if (typeof value === 'symbol') return { path, message: 'it is a symbol, which cannot be sent to a thread' }
  if (typeof value !== 'object' || value === null) return undefined
  if (way.errors.has(value)) return { path, message: OWN_CAUSE }
  if (way.seen.has(value)) return undefined
  if (path.length >= MOST_DEPTH) return { path: [], message: TOO_DEEP }
  way.seen.add(value)
  if (types.isNativeError(value)) way.errors.add(value)
  for (const [key, part] of readSafely(() => partsOf(value), [])) {
    const fault = find(part, [...path, key], way)
    if (fault !== undefined) return fault
  }
  way.errors.delete(value)
  return whyNot(value, path)
}

/** What structured clone goes through: of an error, that is its cause alone. */
function partsOf(value: object): readonly (readonly [PropertyKey, unknown])[] {
  if (types.isMap(value))
    return [...value].flatMap(([key, part]) => [key, part].map((each) => [textOf(key), each] as const))
  if (types.isSet(value)) return [...value].map((part, i) => [i, part] as const)
  if (types.isNativeError(value)) return Object.hasOwn(value, 'cause') ? [['cause', value.cause]] : []
  if (ArrayBuffer.isView(value)) return []
  return Object.entries(value).map(([key, part]) => [Array.isArray(value) ? Number(key) : key, part] as const)
}

/** All its parts can be cloned; perhaps it cannot be itself. */
function whyNot(value: object, path: readonly PropertyKey[]): Fault | undefined {
  try {
    structuredClone(value)
    return undefined
  } catch (error) {
    const kind = readSafely(() => String(value.constructor?.name ?? 'object'), 'object')
    return { path, message: `the ${kind} cannot be sent to a thread: ${textOf(error)}` }
  }
}
