import type { Patch } from 'immer'

/** Whether it names an item of a set, or a key of a map, that is an object: what is read elsewhere is another object. */
export function needsIdentity({ op, path, value }: Patch): boolean {
  return (op === 'remove' && isObject(value)) || (path as readonly unknown[]).some(isObject)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
