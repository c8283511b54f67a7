import { isDraft, type Patch } from 'immer'
import { type Fault, InvalidError } from '../errors'
import type { Recipe } from './cell'
import { copyData, isPlain } from './data'

type Key = string | number
type Container = Record<Key, unknown>

/** Names through which a path would leave the value and reach what all objects share. */
const FORBIDDEN = new Set<unknown>(['__proto__', 'constructor', 'prototype'])

/**
 * A recipe that applies patches which come from outside, and trusts nothing in them.
 *
 * A path must lead through what is there: own keys, places of an array, keys of a map. Values are copied, so that the sender
 * keeps what it sent. The recipe throws an InvalidError, and its commit changes nothing, for a patch that is no patch; a path
 * through `__proto__`, `constructor` or `prototype`; a place past the end of an array; a key to replace or remove that is not
 * there; a value that cannot be copied.
 */
export function patching<S>(patches: unknown): Recipe<S> {
  if (!Array.isArray(patches)) throw refusal([], 'patches must be an array of { op, path, value }')
  const checked = patches.map(checkPatch)
  return (draft) => {
    const whole = checked.find(({ path }) => path.length === 0)
    if (whole === undefined) for (const patch of checked) applyOne(draft, patch)
    else if (checked.length === 1 && whole.op === 'replace') return whole.value as S
    else throw refusal([], 'the value as a whole can only be replaced, and by the only patch')
    return undefined
  }
}

function checkPatch(patch: unknown): Patch {
  const { op, path, value } = (typeof patch === 'object' && patch !== null ? patch : {}) as Partial<Patch>
  if (op !== 'add' && op !== 'replace' && op !== 'remove') throw refusal([], `an op must be add, replace or remove`)
  if (!Array.isArray(path) || !path.every((part) => typeof part === 'string' || typeof part === 'number'))
    throw refusal([], 'a path must be an array of strings and numbers')
  if (path.some((part) => FORBIDDEN.has(part))) throw refusal(path, 'a path must not leave the value')
  return { op, path: [...path], value: copyOf(value, path) }
}

function copyOf(value: unknown, path: readonly Key[]): unknown {
  try {
    return copyData(value)
  } catch (error) {
    throw refusal(path, (error as Error).message)
  }
}

function applyOne(draft: unknown, patch: Patch): void {
  const { path } = patch
  let parent = draft
  for (const [depth, part] of path.slice(0, -1).entries()) parent = step(parent, part, path.slice(0, depth + 1))
  if (Array.isArray(parent)) applyToArray(parent, patch)
  else if (parent instanceof Map) applyToMap(parent as Map<unknown, unknown>, patch)
  else if (parent instanceof Set) applyToSet(parent as Set<unknown>, patch)
  else applyToObject(mustBeObject(parent, path), patch)
}

function step(parent: unknown, part: Key, path: readonly Key[]): unknown {
  if (Array.isArray(parent)) return (parent as unknown[])[place(parent, part, path)]
  if (parent instanceof Map) {
    if (!parent.has(part)) throw refusal(path, 'there is nothing')
    return parent.get(part)
  }
  return mustHave(mustBeObject(parent, path), part, path)
}

/** @param room 1 if one more than the last is a place too */
function place(array: readonly unknown[], part: Key | undefined, path: readonly Key[], room = 0): number {
  const index = typeof part === 'string' && /^(0|[1-9]\d*)$/.test(part) ? Number(part) : part
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < array.length + room) return index
  throw refusal(path, `the array has ${array.length} places, and this is none of them`)
}

function applyToArray(array: unknown[], { op, path, value }: Patch): void {
  const part = path.at(-1)
  if (part === 'length' && op === 'replace') {
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= array.length
    if (!fits) throw refusal(path, `an array of ${array.length} places can only be made shorter`)
    array.length = value
    return
  }
  const index = place(array, part, path, op === 'add' ? 1 : 0)
  if (op === 'add') array.splice(index, 0, value)
  else if (op === 'remove') array.splice(index, 1)
  else array[index] = value
}

function applyToMap(map: Map<unknown, unknown>, { op, path, value }: Patch): void {
  const key = path.at(-1)
  if (op !== 'add' && !map.has(key)) throw refusal(path, 'there is nothing')
  if (op === 'remove') map.delete(key)
  else map.set(key, value)
}

/** Patches of sets name a place, which means nothing, and the member as their value. */
function applyToSet(set: Set<unknown>, { op, path, value }: Patch): void {
  if (op === 'add') set.add(value)
  else if (op === 'replace' || !set.delete(value)) throw refusal(path, 'a set has no such member to replace or remove')
}

function applyToObject(object: Container, { op, path, value }: Patch): void {
  const key = path.at(-1) as Key
  if (op !== 'add') mustHave(object, key, path)
  if (op === 'remove') Reflect.deleteProperty(object, key)
  else object[key] = value
}

function mustHave(object: Container, key: Key, path: readonly Key[]): unknown {
  if (!Object.hasOwn(object, key)) throw refusal(path, 'there is nothing')
  return object[key]
}

/** A draft or a plain object; what immer does not draft (dates, class instances) must not be changed in place. */
function mustBeObject(value: unknown, path: readonly Key[]): Container {
  if (!isDraft(value) && !isPlain(value)) throw refusal(path, 'it leads into something that has no parts')
  return value as Container
}

function refusal(path: readonly Key[], message: string): InvalidError {
  const fault: Fault = { path: [...path], message }
  return new InvalidError('patch', [fault])
}
