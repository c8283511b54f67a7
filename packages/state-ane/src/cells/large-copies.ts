/*
 * Copies of large objects that change again and again.
 *
 * Fast path, and its plain way is `{ ...part }`. V8 copies a frozen object key by key: 100 keys take 2.4 µs, 1000 keys 350 µs, 10 000
 * keys 3.6 ms. A constructor that names the keys takes 0.15 µs for 100 keys, and a table of the keys (`copyingBy`) takes 50 µs and
 * 0.7 ms for 1000 and 10 000. A copy of an object that is not frozen would be fast, too, but then `Object.freeze` takes as long: it
 * makes a hidden class for each such copy.
 *
 * So it does for an object that gets another key each time: with 100 keys a copy takes 33 µs, with 250 keys 240 µs. A table without
 * a hidden class takes 12 and 36 µs. To go through all its values takes 80 ns for each instead of 5: once its keys stay, a copy has a
 * hidden class again.
 */
import { type Container, type Copy, copiedOneByOne, copyingBy, MANY } from './ways-to-copy'

/** Fewer are not worth it. */
const FEWEST_KEYS = 16
/** To name the keys in code takes as long as some ten copies by it save. */
const COPIES_BEFORE = 64
/** Keys come and go if no more copies than so many have the same ones. */
const COPIES_BETWEEN = 4
/** Then V8 is slower from so many keys on. */
const MANY_OF_RESTLESS = 64
/** A copy by the plain way takes as long as so many others. */
const MOST_READS = 8
/** How many keys all ways may name: each takes 100 bytes. */
const MOST_NAMES = 100_000

/** How objects with some keys are copied. Null: the plain way. */
interface Way {
  copy: Copy | null
}

/** An object and its copies, as long as they have the same keys. */
interface Line {
  /** Whether V8 takes longer for it than to copy it one by one. */
  readonly isMany: boolean
  copies: number
  way: Way
  /** Whether its keys have changed soon after they had changed before. */
  readonly isRestless: boolean
  /** How many drafts of it have changed nothing since the last copy. */
  reads: number
}

const PLAIN: Way = { copy: null }

/** The line of the newest copy. An older one that is copied again begins another line. */
const lines = new WeakMap<object, Line>()
const ways = new Map<string, Way>()
let names = 0

/** A shallow copy of a plain object. */
export function copiedByKeys(part: Container): Container {
  const line = lines.get(part)
  if (line === undefined && !isLarge(part)) return { ...part }
  const copy = line?.way.copy?.(part) ?? copiedOneByOne(part, manyOf(line))
  goesOn(part, copy, line)
  return copy
}

/** A copy for a draft that may change; null if V8 copies it as fast, or its drafts are only read. */
export function copyForDraft(part: object): Container | null {
  const line = lines.get(part)
  if (line === undefined || line.reads >= MOST_READS) return null
  if (line.way.copy !== null) return line.way.copy(part as Container)
  return line.isMany || isRestless(line) ? copiedOneByOne(part as Container, manyOf(line)) : null
}

/** A draft had a copy, and has not changed it. */
export function wasRead(part: object): void {
  const line = lines.get(part)
  if (line !== undefined) line.reads++
}

/** A plain object was copied, here or elsewhere, and the copy comes in its place. */
export function wasCopied(part: Container, copy: Container): void {
  const line = lines.get(part)
  if (line !== undefined || isLarge(part)) goesOn(part, copy, line)
}

/** This copy gets other keys: its line begins anew. */
export function changesKeys(copy: object): void {
  const line = lines.get(copy)
  if (line !== undefined) lines.set(copy, newLine(line.isMany, line.copies <= COPIES_BETWEEN))
}

function newLine(isMany: boolean, isRestless = false): Line {
  return { isMany, isRestless, copies: 0, way: PLAIN, reads: 0 }
}

function isRestless(line: Line): boolean {
  return line.isRestless && line.copies < COPIES_BETWEEN
}

function manyOf(line: Line | undefined): number {
  return line !== undefined && isRestless(line) ? MANY_OF_RESTLESS : MANY
}

function goesOn(part: Container, copy: Container, known: Line | undefined): void {
  const line = known ?? newLine(Object.keys(part).length >= MANY)
  line.reads = 0
  if (++line.copies % COPIES_BEFORE === 0 && line.way.copy === null) line.way = wayOf(part)
  lines.delete(part)
  lines.set(copy, line)
}

function isLarge(part: Container): boolean {
  let keys = 0
  for (const _key in part) if (++keys === FEWEST_KEYS) return true
  return false
}

function wayOf(part: Container): Way {
  const keys = Object.keys(part)
  if (!keys.every(isName) || Object.getOwnPropertySymbols(part).length > 0) return PLAIN
  const text = JSON.stringify(keys)
  let way = ways.get(text)
  if (way === undefined) {
    names += keys.length
    if (names > MOST_NAMES) forget(keys.length)
    ways.set(text, (way = { copy: copyingBy(keys) }))
  }
  return way
}

/** Indexes are no names for V8. To assign a name that all objects inherit may do something else. */
function isName(key: string): boolean {
  return !/^\d+$/.test(key) && !(key in Object.prototype)
}

/** Names that come from outside may be others each time. */
function forget(left: number): void {
  for (const way of ways.values()) way.copy = null
  ways.clear()
  names = left
}
