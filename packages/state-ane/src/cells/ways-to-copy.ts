export type Container = Record<string | number, unknown>
export type Copy = (part: Container) => Container

/** V8 has room for so many in an object with a hidden class. */
const MOST_IN_CLASS = 350
/** To name more in code takes V8 some 10 ms at once. */
const MOST_IN_TABLE = 20_000
/** From so many on it is faster to copy key by key than to leave that to V8. */
export const MANY = 500

/** How to copy plain objects with these keys, in their order, and with no others; null if there is no fast way. */
export function copyingBy(keys: readonly string[]): Copy | null {
  if (keys.length > MOST_IN_TABLE) return null
  try {
    return keys.length > MOST_IN_CLASS ? filling(keys) : constructing(keys)
  } catch {
    // Node may be told to make no code of strings.
    return null
  }
}

/** The way for keys that are not known. @param many from so many keys on, V8 is slower */
export function copiedOneByOne(part: Container, many = MANY): Container {
  const keys = Object.keys(part)
  if (keys.length < many || Object.getOwnPropertySymbols(part).length > 0) return { ...part }
  // Whole numbers come first. In a table of names they take as long to freeze as to copy.
  return areIndexes(keys) ? indexed(keys, part) : filled(Object.create(null) as Container, keys, part)
}

/** If the last one is an index, all are: they stand before names. */
function areIndexes(keys: readonly string[]): boolean {
  const last = keys.at(-1) as string
  return String(Number(last) >>> 0) === last && Number(last) < 2 ** 32 - 1
}

function indexed(keys: readonly string[], part: Container): Container {
  const copy: Container = {}
  for (const key of keys) copy[key] = part[key]
  return copy
}

/** Of the keys, the text of the code has only JSON strings. */
function constructing(keys: readonly string[]): Copy {
  const lines = keys.map((key) => JSON.stringify(key)).map((name) => `this[${name}] = part[${name}]`)
  const Made = new Function('part', `'use strict'\n${lines.join('\n')}`) as unknown as new (
    part: Container,
  ) => Container
  Made.prototype = Object.prototype
  return (part) => new Made(part)
}

/** V8 copies the table of an object literal without a prototype as a block of memory. Then only the values are missing. */
function filling(keys: readonly string[]): Copy {
  const names = keys.map((key) => `${JSON.stringify(key)}: null`)
  const table = new Function(`return { __proto__: null, ${names.join(', ')} }`) as () => Container
  return (part) => filled(table(), keys, part)
}

/** @param copy without a prototype: V8 makes no hidden classes for it */
function filled(copy: Container, keys: readonly string[], part: Container): Container {
  for (const key of keys) copy[key] = part[key]
  return Object.setPrototypeOf(copy, Object.prototype) as Container
}
