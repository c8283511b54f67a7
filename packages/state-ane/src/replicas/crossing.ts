import type { Patch } from 'immer'
import { needsIdentity } from '../cells/identity'
import { applied } from './applied'

/**
 * What of these patches means the same where it arrives; null if only the value as a whole does. What symbols name in objects is
 * left out.
 *
 * @param value what they lead to
 */
export function sendable(patches: readonly Patch[], value: unknown): readonly Patch[] | null {
  if (patches.every(crosses)) return patches
  const sent = patches.filter(({ path }) => !isNamedBySymbol(path, value))
  return sent.every(crosses) ? sent : null
}

/** What leads to `value` elsewhere: these patches, or the value as a whole. */
export function crossing(patches: readonly Patch[], value: unknown): readonly Patch[] {
  return sendable(patches, value) ?? [{ op: 'replace', path: [], value }]
}

/** Immer takes any key in a path for a text, if it is no number. */
function crosses(patch: Patch): boolean {
  return !needsIdentity(patch) && (patch.path as readonly unknown[]).every(isPlainKey)
}

function isPlainKey(key: unknown): boolean {
  return typeof key === 'string' || typeof key === 'number'
}

/** Whether a path leads through a property that a symbol names: not through a key of a map, which cannot be left out. */
function isNamedBySymbol(path: readonly unknown[], value: unknown): boolean {
  let part = value
  for (const key of path) {
    if (part instanceof Map) part = part.get(key)
    else if (typeof key === 'symbol') return true
    else part = (part as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key as PropertyKey]
  }
  return false
}

/**
 * The value as all others will have it. Structured clone makes plain objects of instances, bytes of a `Buffer`, and leaves out what
 * symbols name: who has made the value must not see more in it than they do.
 */
export function asElsewhere<S>(base: S, next: S, patches: readonly Patch[]): S {
  if (!patches.some(losesSome)) return next
  try {
    return applied(base, structuredClone(crossing(patches, next)) as Patch[])
  } catch {
    // It cannot be sent at all. Who sends it says so.
    return next
  }
}

/** Whether a patch, or what is in it, is not the same where it arrives. */
function losesSome({ path, value }: Patch): boolean {
  return path.some(isSymbol) || (isObject(value) && changesOnTheWay(value, new Set()))
}

function isSymbol(key: unknown): boolean {
  return typeof key === 'symbol'
}

function changesOnTheWay(value: object, seen: Set<object>): boolean {
  if (seen.has(value)) return false
  seen.add(value)
  if (!STAY.has(Object.getPrototypeOf(value)) || Object.getOwnPropertySymbols(value).length > 0) return true
  if (ArrayBuffer.isView(value)) return false
  return partsOf(value).some((part) => isObject(part) && changesOnTheWay(part, seen))
}

const BYTES = [
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  Int8Array,
]
const NUMBERS = [Int16Array, Int32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]
/** What arrives as it was. */
const STAY = new Set<unknown>(
  [Object, Array, Map, Set, Date, RegExp, ...BYTES, ...NUMBERS].map(({ prototype }) => prototype),
)

function partsOf(value: object): readonly unknown[] {
  if (value instanceof Map) return [...value].flat()
  return value instanceof Set ? [...value] : Object.values(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
