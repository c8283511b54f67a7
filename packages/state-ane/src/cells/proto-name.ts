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
    const found = isObject(value) ? find(value) : undefined
    if (found !== undefined) return [...path, ...found]
  }
  return undefined
}

/** @throws {InvalidError} if a value in these patches has it */
export function mustHaveNoProtoName(key: CellKey, patches: readonly Patch[]): void {
  const path = protoNameIn(patches)
  if (path !== undefined) throw new InvalidError(`commit to cell "${key}"`, [{ path, message: PROTO_IS_NOT_SENT }])
}

/** A part of a value, and the way to it. */
interface Place {
  readonly part: object
  readonly key: PropertyKey
  readonly around: Place | undefined
}

/** Without recursion and without a path for each part: it may be nested deeper than a stack, or memory for all these paths, allows. */
function find(value: object): Path | undefined {
  const seen = new Set<object>([value])
  const places: Place[] = [{ part: value, key: '', around: undefined }]
  for (let place; (place = places.pop()) !== undefined;) {
    if (Object.hasOwn(place.part, '__proto__')) return pathTo(place)
    if (ArrayBuffer.isView(place.part)) continue
    for (const [key, part] of partsOf(place.part)) {
      if (!isObject(part) || seen.has(part)) continue
      seen.add(part)
      places.push({ part, key, around: place })
    }
  }
  return undefined
}

function pathTo(place: Place): Path {
  const path: PropertyKey[] = []
  for (let at = place; at.around !== undefined; at = at.around) path.push(at.key)
  return path.reverse()
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
