/**
 * What a message is where it arrives. It is of this realm, as in a thread: under jest, `structuredClone` makes objects of another
 * one, and patches of those are left to immer.
 */
export function sent<T>(value: T): T {
  return here(structuredClone(value)) as T
}

function here(value: unknown): unknown {
  if (Array.isArray(value)) return listed(value)
  const kind = Object.prototype.toString.call(value)
  if (kind === '[object Map]') return new Map([...(value as Map<unknown, unknown>)].map(pairHere))
  if (kind === '[object Set]') return new Set([...(value as Set<unknown>)].map(here))
  if (kind !== '[object Object]') return value
  return Object.fromEntries(Object.entries(value as object).map(([key, part]) => [key, here(part)]))
}

function pairHere([key, part]: readonly [unknown, unknown]): readonly [unknown, unknown] {
  return [here(key), here(part)]
}

/** With its holes, and its named properties. */
function listed(list: readonly unknown[]): unknown[] {
  const made = new Array<unknown>(list.length)
  for (const [key, part] of Object.entries(list)) made[key as never] = here(part)
  return made
}
