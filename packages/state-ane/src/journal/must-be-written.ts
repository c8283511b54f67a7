import { readSafely, textOf } from '@genpool/runtime'
import type { Patch } from 'immer'
import { types } from 'node:util'
import { serialize } from 'node:v8'
import { type CellKey, type Fault, InvalidError } from '../errors'

/**
 * Refuses what no engine can write: what structured clone does not copy, such as a promise, a proxy or memory that threads share.
 *
 * It writes each value to find that out, so it is for a commit whose write has failed.
 *
 * @throws {InvalidError} with the path of the part
 */
export function mustBeWritten(key: CellKey, patches: readonly Patch[]): void {
  // The path has the keys of maps, which may be anything, and a patch that removes an item of a set has the item.
  for (const { path, value } of patches) {
    const fault = faultOf(value, path) ?? faultOf(path, [])
    if (fault !== undefined) throw new InvalidError(`commit to cell "${textOf(key)}"`, [fault])
  }
}

/** What of a value cannot be written, and where. The value is no deeper than a stack can bear. */
function faultOf(value: unknown, path: readonly PropertyKey[]): Fault | undefined {
  const refusal = refusalOf(value)
  if (refusal === undefined) return undefined
  for (const [name, part] of partsOf(value)) {
    const fault = faultOf(part, [...path, name])
    if (fault !== undefined) return fault
  }
  return { path, message: `it cannot be written (${refusal}): a journal keeps what structured clone copies` }
}

function refusalOf(value: unknown): string | undefined {
  try {
    serialize(value)
    return undefined
  } catch (error) {
    // Node shows the whole of some objects, line by line.
    return textOf(error).replace(/\.?(\n[^]*)?$/, '')
  }
}

function partsOf(value: unknown): readonly (readonly [PropertyKey, unknown])[] {
  // What stands in a proxy may be fine, and the proxy is not.
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return []
  if (types.isMap(value))
    return [...value].flatMap(([key, part]) => [['a key', key] as const, [nameOf(key), part] as const])
  if (types.isSet(value)) return [...value].map((part, i) => [i, part])
  const own = Object.keys(value).map(
    (name) => [name, readSafely(() => (value as Record<string, unknown>)[name], undefined)] as const,
  )
  return types.isNativeError(value) ? [['cause', value.cause], ...own] : own
}

function nameOf(key: unknown): PropertyKey {
  return typeof key === 'number' ? key : textOf(key)
}
