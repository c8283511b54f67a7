import type { Fault } from '@genpool/core'
import { MOST_DEPTH, readSafely, textOf } from '@genpool/runtime'

/** Whether structured clone takes this value. */
export function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

/** What in a value cannot be cloned, and where: the deepest part that is at fault. */
export function faultIn(value: unknown): Fault {
  return readSafely(() => find(value, [], new Set()), undefined) ?? { path: [], message: 'it cannot be cloned' }
}

const TOO_DEEP: Fault = {
  path: [],
  message: `it is nested more than ${MOST_DEPTH} levels deep, which cannot be sent to a thread`,
}

function find(value: unknown, path: readonly PropertyKey[], seen: Set<unknown>): Fault | undefined {
  if (typeof value === 'function') return { path, message: 'it is a function, which cannot be sent to a thread' }
  if (typeof value === 'symbol') return { path, message: 'it is a symbol, which cannot be sent to a thread' }
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  if (path.length >= MOST_DEPTH) return TOO_DEEP
  seen.add(value)
  for (const [key, part] of readSafely(() => partsOf(value), [])) {
    const fault = find(part, [...path, key], seen)
    if (fault !== undefined) return fault
  }
  return whyNot(value, path)
}

function partsOf(value: object): readonly (readonly [PropertyKey, unknown])[] {
  if (value instanceof Map) return [...value].map(([key, part]) => [textOf(key), part] as const)
  if (value instanceof Set) return [...value].map((part, i) => [i, part] as const)
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
