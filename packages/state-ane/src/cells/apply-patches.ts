import { count } from '@genpool/runtime'
import { isDraft, type Patch } from 'immer'
import { type Fault, InvalidError } from '../errors'
import type { Recipe } from './cell'
import { copyData, isPlain } from './data'

type Key = string | number
type Container = Record<Key, unknown>

/**
 * The one name that leads out of the value even where it is to be set. Others, as `constructor`, are names like all: a path leads only
 * through own properties, and what is set becomes one.
 */
const FORBIDDEN = '__proto__'

const NOTHING = 'nothing is there'

/**
 * Makes a recipe that applies patches from outside. It trusts nothing in them.
 *
 * A path must lead through existing parts: own keys, indexes of an array, keys of a map. Values are copied, so that the sender
 * cannot change them later. The recipe throws an InvalidError, and its commit changes nothing, for a malformed patch; a path
 * through `__proto__`; an index past the end of an array; a missing key to replace or remove;
 * a value that cannot be copied.
 */
export function patching<S>(patches: unknown): Recipe<S> {
  if (!Array.isArray(patches)) throw refusal([], 'patches must be an array of { op, path, value }')
  const checked = patches.map(checkPatch)
  return (draft) => {
    const whole = checked.find(({ path }) => path.length === 0)
    if (whole === undefined) for (const patch of checked) applyOne(draft, patch)
    else if (checked.length === 1 && whole.op === 'replace') return whole.value as S
    else throw refusal([], 'only a single patch may have an empty path, and its op must be replace')
    return undefined
  }
}

function checkPatch(patch: unknown): Patch {
  const { op, path, value } = (typeof patch === 'object' && patch !== null ? patch : {}) as Partial<Patch>
  if (op !== 'add' && op !== 'replace' && op !== 'remove') throw refusal([], `an op must be add, replace or remove`)
  if (!Array.isArray(path) || !path.every((part) => typeof part === 'string' || typeof part === 'number'))
    throw refusal([], 'a path must be an array of strings and numbers')
  if (path.includes(FORBIDDEN)) throw refusal(path, 'a path must not leave the value')
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
  if (Array.isArray(parent)) return (parent as unknown[])[indexAt(parent, part, path)]
  if (parent instanceof Map) {
    if (!parent.has(part)) throw refusal(path, NOTHING)
    return parent.get(part)
  }
  return mustHave(mustBeObject(parent, path), part, path)
}

/** @param room 1 if the index after the last one is allowed too, otherwise 0 */
function indexAt(array: readonly unknown[], part: Key | undefined, path: readonly Key[], room = 0): number {
  const index = typeof part === 'string' && /^(0|[1-9]\d*)$/.test(part) ? Number(part) : part
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < array.length + room) return index
  throw refusal(path, `not an index of the array, which has ${count(array.length, 'item')}`)
}

function applyToArray(array: unknown[], { op, path, value }: Patch): void {
  const part = path.at(-1)
  if (part === 'length' && op === 'replace') {
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= array.length
    if (!fits) throw refusal(path, `an array of ${count(array.length, 'item')} can only be made shorter`)
    array.length = value
    return
  }
  const index = indexAt(array, part, path, op === 'add' ? 1 : 0)
  if (op === 'add') array.splice(index, 0, value)
  else if (op === 'remove') array.splice(index, 1)
  else array[index] = value
}

function applyToMap(map: Map<unknown, unknown>, { op, path, value }: Patch): void {
  const key = path.at(-1)
  if (op !== 'add' && !map.has(key)) throw refusal(path, NOTHING)
  if (op === 'remove') map.delete(key)
  else map.set(key, value)
}

/** A patch of a set has the item as its value. The index in its path means nothing. */
function applyToSet(set: Set<unknown>, { op, path, value }: Patch): void {
  if (op === 'add') set.add(value)
  else if (op === 'replace' || !set.delete(value)) throw refusal(path, 'the set has no such item to replace or remove')
}

function applyToObject(object: Container, { op, path, value }: Patch): void {
  const key = path.at(-1) as Key
  if (op !== 'add') mustHave(object, key, path)
  if (op === 'remove') Reflect.deleteProperty(object, key)
  else object[key] = value
}

function mustHave(object: Container, key: Key, path: readonly Key[]): unknown {
  if (!Object.hasOwn(object, key)) throw refusal(path, NOTHING)
  return object[key]
}

/** Returns a draft or a plain object. Values that immer cannot draft, such as dates, must not be changed in place. */
function mustBeObject(value: unknown, path: readonly Key[]): Container {
  if (!isDraft(value) && !isPlain(value)) throw refusal(path, 'the path leads into a value without parts')
  return value as Container
}

function refusal(path: readonly Key[], message: string): InvalidError {
  const fault: Fault = { path: [...path], message }
  return new InvalidError('patch', [fault])
}
