/**
 * What a message is where it arrives. It is of this realm, as in a thread: under jest, `structuredClone` makes objects of another
 * one, and patches of those are left to immer.
 */
export function sent<T>(value: T): T {
  return here(structuredClone(value)) as T
}

function here(value: unknown): unknown {
  if (Array.isArray(value)) return listed(value)
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  return Object.fromEntries(Object.entries(value as object).map(([key, part]) => [key, here(part)]))
}

/** With its holes. */
function listed(list: readonly unknown[]): unknown[] {
  const made = new Array<unknown>(list.length)
  list.forEach((part, i) => (made[i] = here(part)))
  return made
}
