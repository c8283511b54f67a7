import type { Patch } from 'immer'
import { type CellKey, InvalidError } from '../errors'

type Path = readonly PropertyKey[]

export const PROTO_IS_NOT_SENT =
  'the name "__proto__" is not sent: where it arrives, it could become the prototype of the object'

/**
 * Where a value in these patches has a property `__proto__`; undefined if none has. Immer would make it the prototype of its copy,
 * wherever the patches are applied: input from outside could give an object the property `admin`.
 */
export function protoNameIn(patches: readonly Patch[]): Path | undefined {
  for (const { path, value } of patches) {
    const at = path.indexOf('__proto__')
    if (at >= 0) return path.slice(0, at)
    const found = isObject(value) ? find(value, path, new Set()) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** @throws {InvalidError} if a value in these patches has it */
export function mustHaveNoProtoName(key: CellKey, patches: readonly Patch[]): void {
  const path = protoNameIn(patches)
  if (path !== undefined) throw new InvalidError(`commit to cell "${key}"`, [{ path, message: PROTO_IS_NOT_SENT }])
}

function find(value: object, path: Path, seen: Set<object>): Path | undefined {
  if (seen.has(value) || ArrayBuffer.isView(value)) return undefined
  seen.add(value)
  if (Object.hasOwn(value, '__proto__')) return path
  for (const [key, part] of partsOf(value)) {
    const found = isObject(part) ? find(part, [...path, key], seen) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function partsOf(value: object): Iterable<readonly [PropertyKey, unknown]> {
  if (Array.isArray(value)) return value.entries()
  if (value instanceof Map) return [...value].map(([key, part]) => [String(key), part] as const)
  if (value instanceof Set) return [...value].entries()
  return Object.entries(value)
}
