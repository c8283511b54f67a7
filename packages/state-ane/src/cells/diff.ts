import type { Patch } from 'immer'
import { isPlain } from './data'
import { hasHoles } from './holes'
import { movedKeys, namesIn } from './order'

type Path = readonly (string | number)[]
type Plain = Readonly<Record<string, unknown>>

/**
 * Returns the patches that turn one frozen value into another. Skips the parts that both values share.
 *
 * The patches have immer's format, and immer's `applyPatches` applies them. It compares the content of plain objects, arrays, maps
 * and sets; the keys of maps that differ, and the items of sets, have to be strings or numbers. Any other value (date, class instance)
 * is replaced as a whole. The order of keys and items is the same then, too.
 */
export function diff(from: unknown, to: unknown): Patch[] {
  const patches: Patch[] = []
  compare(from, to, [], patches)
  return patches
}

function compare(from: unknown, to: unknown, path: Path, patches: Patch[]): void {
  if (Object.is(from, to)) return
  if (Array.isArray(from) && Array.isArray(to)) compareArrays(from, to, path, patches)
  else if (from instanceof Set && to instanceof Set) compareSets(from, to, path, patches)
  else if (from instanceof Map && to instanceof Map) compareMaps(from, to, path, patches)
  else if (isPlain(from) && isPlain(to)) compareKeys(properties(from), properties(to), path, patches)
  else patches.push({ op: 'replace', path: [...path], value: to })
}

function compareArrays(from: readonly unknown[], to: readonly unknown[], path: Path, patches: Patch[]): void {
  const made = patches.length
  // A patch of an element cannot make a hole.
  if (!hasHoles(from) && !hasHoles(to) && alignedPatches(from, to, path, patches, made + mostPatches(to))) return
  patches.length = made
  patches.push({ op: 'replace', path: [...path], value: to })
}

/**
 * Compares element by element. What stays at both ends is skipped: an element that is put in front moves all others, and changes
 * none of them. Returns false if there would be more than `most` patches.
 */
function alignedPatches(from: List, to: List, path: Path, patches: Patch[], most: number): boolean {
  const { start, end } = sameEnds(from, to)
  const more = to.length - from.length
  const last = Math.min(from.length, to.length) - end
  // Where elements came or went: in front of the others in between, or after them.
  const at = more !== 0 && movedMore(from, to, start, last) ? start : last
  const isCut = more < 0 && at === last && end === 0
  if (patches.length + (isCut ? 1 : Math.abs(more)) > most) return false
  if (isCut) patches.push({ op: 'replace', path: [...path, 'length'], value: to.length })
  else for (let i = more - 1; i >= 0; i--) patches.push({ op: 'add', path: [...path, at], value: to[at + i] })
  for (let i = at - more - 1; i >= at && !isCut; i--) patches.push({ op: 'remove', path: [...path, i] })
  for (let i = start; i < last && patches.length <= most; i++) {
    const [old, next] = at === start ? [i - Math.min(more, 0), i + Math.max(more, 0)] : [i, i]
    if (!Object.is(from[old], to[next])) compare(from[old], to[next], [...path, next], patches)
  }
  return patches.length <= most
}

type List = readonly unknown[]

/** How many elements are the same at the start and at the end. */
function sameEnds(from: List, to: List): { readonly start: number; readonly end: number } {
  const shorter = Math.min(from.length, to.length)
  let start = 0
  while (start < shorter && Object.is(from[start], to[start])) start++
  let end = 0
  while (end < shorter - start && Object.is(from[from.length - 1 - end], to[to.length - 1 - end])) end++
  return { start, end }
}

/** Whether more elements in between have the same distance to the end as before than to the start. */
function movedMore(from: List, to: List, start: number, last: number): boolean {
  const more = to.length - from.length
  let moved = 0
  for (let i = start; i < last; i++) {
    if (Object.is(from[i], to[i])) moved--
    if (Object.is(from[i - Math.min(more, 0)], to[i + Math.max(more, 0)])) moved++
  }
  return moved > 0
}

/** With more patches than this, the list itself is smaller. A patch has a path, and is as large as a few numbers. */
function mostPatches(list: readonly unknown[]): number {
  return 8 + (typeof list[0] === 'object' ? list.length : list.length / 4)
}

function compareMaps(from: Entries, to: Entries, path: Path, patches: Patch[]): void {
  if (hasPaths(from.keys()) && hasPaths(to.keys())) compareKeys(keyed(from), keyed(to), path, patches)
  else patches.push({ op: 'replace', path: [...path], value: to })
}

type Entries = ReadonlyMap<unknown, unknown>

/** Whether a path can lead to each of them. */
function hasPaths(keys: Iterable<unknown>): boolean {
  for (const key of keys) if (typeof key !== 'string' && typeof key !== 'number') return false
  return true
}

/** A map, or a plain object. */
interface Keyed {
  readonly whole: object
  readonly keys: readonly (string | number)[]
  /** Those that stand in the order in which they came. */
  readonly order: readonly (string | number)[]
  has(key: string | number): boolean
  get(key: string | number): unknown
}

function keyed(map: Entries): Keyed {
  const keys = [...map.keys()] as string[]
  return { whole: map, keys, order: keys, has: (key) => map.has(key), get: (key) => map.get(key) }
}

function properties(object: Plain): Keyed {
  const keys = Object.keys(object)
  const order = namesIn(keys)
  return { whole: object, keys, order, has: (key) => Object.hasOwn(object, key), get: (key) => object[key] }
}

/** What moved is removed, and added again behind the others. */
function compareKeys(from: Keyed, to: Keyed, path: Path, patches: Patch[]): void {
  const moves = movedKeys(from.order, to.order, (key) => from.has(key))
  if (isMost(moves, to.keys.length) && isAllInKeys(to))
    return void patches.push({ op: 'replace', path: [...path], value: to.whole })
  const moved = new Set<string | number>(moves)
  for (const key of from.keys) if (!to.has(key) || moved.has(key)) patches.push({ op: 'remove', path: [...path, key] })
  for (const key of to.keys) {
    const value = to.get(key)
    if (!from.has(key) || moved.has(key)) patches.push({ op: 'add', path: [...path, key], value })
    else if (!Object.is(from.get(key), value)) compare(from.get(key), value, [...path, key], patches)
  }
}

/** Two patches for each of so many are more than the whole. */
function isMost(moved: readonly unknown[], size: number): boolean {
  return moved.length > 8 + size / 2
}

/** Whether a copy of the whole, as immer makes one for a patch, has everything. */
function isAllInKeys({ whole }: Keyed): boolean {
  return Object.getOwnPropertySymbols(whole).length === 0
}

/** The items of a set have no paths: a patch names the item itself. */
function compareSets(from: Items, to: Items, path: Path, patches: Patch[]): void {
  const moves = movedKeys([...from], [...to], (item) => from.has(item))
  if (isMost(moves, to.size) || !hasPaths(from) || !hasPaths(to))
    return void patches.push({ op: 'replace', path: [...path], value: to })
  const moved = new Set(moves)
  for (const item of from)
    if (!to.has(item) || moved.has(item)) patches.push({ op: 'remove', path: [...path, 0], value: item })
  for (const item of to)
    if (!from.has(item) || moved.has(item)) patches.push({ op: 'add', path: [...path, 0], value: item })
}

type Items = ReadonlySet<unknown>
