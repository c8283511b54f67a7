/*
 * Copies of large objects that change again and again.
 *
 * Fast path, and its plain way is `{ ...part }`. V8 copies a frozen object key by key: 100 keys take 2.4 µs, 250 keys 10 µs. A
 * constructor that names the keys takes 0.15 and 0.35 µs. A copy of an object that is not frozen would be fast, too, but then
 * `Object.freeze` takes as long: it makes a hidden class for each such copy.
 */

type Container = Record<string | number, unknown>
type Copy = (part: Container) => Container

/** Fewer are not worth it. */
const FEWEST_KEYS = 16
/** V8 has room for so many in the object itself. */
const MOST_KEYS = 250
/** To make a constructor takes as long as some hundred copies by it save. */
const COPIES_BEFORE = 64
const MOST_CONSTRUCTORS = 64

/** How objects with some keys are copied. Null: the plain way. */
interface Way {
  copy: Copy | null
}

/** An object and its copies, as long as they have the same keys. */
interface Line {
  copies: number
  way: Way
}

const PLAIN: Way = { copy: null }

/** The line of the newest copy. An older one that is copied again begins another line. */
const lines = new WeakMap<object, Line>()
const ways = new Map<string, Way>()

/** A shallow copy of a plain object. */
export function copiedByKeys(part: Container): Container {
  if (!isLarge(part)) return { ...part }
  const line = lines.get(part) ?? { copies: 0, way: PLAIN }
  const copy = line.way.copy === null ? plainCopy(part, line) : line.way.copy(part)
  lines.delete(part)
  lines.set(copy, line)
  return copy
}

/** This copy gets other keys. */
export function changesKeys(copy: Container): void {
  lines.delete(copy)
}

function isLarge(part: Container): boolean {
  let keys = 0
  for (const _key in part) if (++keys === FEWEST_KEYS) return true
  return false
}

function plainCopy(part: Container, line: Line): Container {
  if (++line.copies % COPIES_BEFORE === 0) line.way = wayOf(part)
  return { ...part }
}

function wayOf(part: Container): Way {
  const keys = Object.keys(part)
  if (keys.length > MOST_KEYS || !keys.every(isName) || Object.getOwnPropertySymbols(part).length > 0) return PLAIN
  const names = JSON.stringify(keys)
  let way = ways.get(names)
  if (way === undefined) {
    if (ways.size === MOST_CONSTRUCTORS) forget()
    ways.set(names, (way = { copy: copying(keys) }))
  }
  return way
}

/** Indexes are no names for V8. To assign a name that all objects inherit may do something else. */
function isName(key: string): boolean {
  return !/^\d+$/.test(key) && !(key in Object.prototype)
}

/** Names that come from outside may be others each time. */
function forget(): void {
  for (const way of ways.values()) way.copy = null
  ways.clear()
}

function copying(keys: readonly string[]): Copy | null {
  const lines = keys.map((key) => JSON.stringify(key)).map((name) => `this[${name}] = part[${name}]`)
  try {
    // Of the keys, the text has only JSON strings.
    const Made = new Function('part', `'use strict'\n${lines.join('\n')}`) as unknown as new (
      part: Container,
    ) => Container
    Made.prototype = Object.prototype
    return (part) => new Made(part)
  } catch {
    // Node may be told to make no code of strings.
    return null
  }
}
