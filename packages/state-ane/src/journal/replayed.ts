import { types } from 'node:util'
import type { Patch } from 'immer'

type Container = Record<string | number, unknown>

/**
 * Applies the patches of a commit to the value before it, as immer does, and copies no more than the parts on their paths: immer
 * also copies what is new, part by part, and so never ends with a value that contains itself.
 *
 * @throws {TypeError} if a path leads nowhere: this is not the value that the patches were made for
 */
export function replayed(value: unknown, patches: readonly Patch[]): unknown {
  const copies = new Set<unknown>()
  return patches.reduce((next, patch) => changed(next, { patch, copies }, 0), value)
}

interface Replay {
  readonly patch: Patch
  /** The parts that were made for these patches. They are in one place only. */
  readonly copies: Set<unknown>
}

/** The part at this depth of the path, with the change in it. */
function changed(part: unknown, replay: Replay, depth: number): unknown {
  const { patch, copies } = replay
  if (depth === patch.path.length) return patch.value
  if (typeof part !== 'object' || part === null) throw new TypeError(`nothing is at ${textOf(patch.path, depth)}`)
  const copy = copies.has(part) ? part : copyOf(part)
  copies.add(copy)
  const key = patch.path[depth] as string | number
  if (depth === patch.path.length - 1) change(copy, key, patch)
  else put(copy, key, changed(types.isMap(copy) ? copy.get(key) : (copy as Container)[key], replay, depth + 1))
  return copy
}

function copyOf(part: object): object {
  if (types.isMap(part)) return new Map(part)
  if (types.isSet(part)) return new Set(part)
  // As immer copies them: a list that is changed loses what stands under other names than indexes.
  if (Array.isArray(part)) return part.slice()
  return Object.assign(Object.create(Object.getPrototypeOf(part) as object | null) as object, part)
}

function change(copy: object, key: string | number, { op, value }: Patch): void {
  if (types.isSet(copy)) {
    if (op === 'remove') copy.delete(value)
    else copy.add(value)
  } else if (op === 'add' && Array.isArray(copy) && isIndex(key)) copy.splice(Number(key), 0, value)
  else if (op === 'remove' && Array.isArray(copy) && isIndex(key)) copy.splice(Number(key), 1)
  else if (op === 'remove' && types.isMap(copy)) copy.delete(key)
  else if (op === 'remove') Reflect.deleteProperty(copy, key)
  else put(copy, key, value)
}

function put(copy: object, key: string | number, value: unknown): void {
  if (types.isMap(copy)) copy.set(key, value)
  else if (key === '__proto__') throw new TypeError('a path must not leave the value')
  else (copy as Container)[key] = value
}

function isIndex(key: string | number): boolean {
  return typeof key === 'number' || /^\d+$/.test(key)
}

function textOf(path: readonly unknown[], depth: number): string {
  return `"${path.slice(0, depth).map(String).join('.')}"`
}
