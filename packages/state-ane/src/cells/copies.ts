import { copiedByKeys } from './large-copies'
import type { Container } from './ways-to-copy'

export type { Container } from './ways-to-copy'

/** A copy of a plain object or an array that is frozen, to be changed and then frozen itself. */
export function copyOf(part: Container): Container {
  return Array.isArray(part) ? (copyOfList(part) as never) : copiedByKeys(part)
}

/** `slice` takes 26 ns for each element of a frozen array, and this takes less than 1. Alone, it would fill holes. */
function copyOfList(list: readonly unknown[]): unknown[] {
  const copy = [...list]
  return copy.includes(undefined) ? list.slice() : copy
}
