/*
 * What immer keeps about the drafts of a recipe.
 *
 * Fast path, and its plain way is to leave all copies to immer, and to compare the new value with the old one to find what has to be
 * frozen. A large object that changes again and again gets its copy from here, before immer makes one key by key; and only what the
 * drafts have changed is frozen. A commit to one of 100 groups of 100 keys takes 4.3 instead of 12 µs, one to an object of 1000 keys
 * 40 instead of 380.
 *
 * Immer has no door for this, and each of its builds has other names for what it keeps. So the names are found out, with a draft
 * that is changed; if that fails, the plain way is taken.
 */
import { type Immer, isDraft } from 'immer'
import { freezeSet, frozen } from './frozen'
import { hasHoles } from './holes'
import { changesKeys, copyForDraft, wasCopied, wasRead } from './large-copies'
import { movedKeys, movesNames } from './order'

export type Kept = Record<string, unknown>

/** The names of what is kept. */
interface Names {
  readonly base: string
  readonly copy: string
  /** Keys that were set, with true, or deleted, with false. Made together with the copy. */
  readonly assigned: string
  readonly isModified: string
  /** The draft itself. */
  readonly draft: string
  /** Of the whole recipe. */
  readonly scope: string
  /** All drafts of the recipe, in its scope. */
  readonly drafts: string
  /** What is kept about the drafts whose changes are in the patches, in its scope. */
  readonly patched: string
}

const KEPT = Symbol.for('immer-state')

let names: Names | null = null

/** Has to be called once before the others. Returns whether immer keeps what it is known to keep. */
export function learnFrom(immer: Immer): boolean {
  try {
    names = namesIn(immer)
  } catch {
    names = null
  }
  return names !== null
}

function namesIn(immer: Immer): Names | null {
  const base = Object.freeze({ a: 0 })
  const draft = immer.createDraft(base) as { a: number }
  const kept = keptOf(draft)
  const before = { ...kept }
  draft.a = 1
  const named = (is: (value: unknown, name: string) => boolean): string | undefined =>
    Object.keys(kept).find((name) => is(kept[name], name))
  const found = {
    base: named((value) => value === base),
    copy: named((value, name) => before[name] === null && (value as { a?: unknown } | null)?.a === 1),
    assigned: named((value) => value instanceof Map && value.get('a') === true),
    isModified: named((value, name) => value === true && before[name] === false),
    draft: named((value) => value === draft),
    scope: named((value) => listIn(value, draft) !== undefined),
    drafts: Object.values(kept).flatMap((value) => listIn(value, draft) ?? [])[0],
  }
  immer.finishDraft(draft, () => undefined)
  const all = { ...found, patched: found.scope && setIn(kept[found.scope] as Kept, kept) }
  return Object.values(all).includes(undefined) ? null : (all as Names)
}

/** The name of a list that has the draft. */
function listIn(value: unknown, draft: object): string | undefined {
  if (typeof value !== 'object' || value === null || isDraft(value)) return undefined
  return Object.keys(value).find((name) => {
    const list = (value as Kept)[name]
    return Array.isArray(list) && list[0] === draft
  })
}

/** The name of a set that has what is kept about a draft. */
function setIn(scope: Kept, kept: Kept): string | undefined {
  return Object.keys(scope).find((name) => scope[name] instanceof Set && scope[name].has(kept))
}

function keptOf(draft: object): Kept {
  return (draft as Record<symbol, Kept>)[KEPT] as Kept
}

/** All drafts of a recipe, and what immer keeps about each. */
interface Drafts extends Array<object> {
  kept: Kept[]
}

/**
 * Gives copies to this draft of a recipe, and to those that come from now on.
 *
 * @returns what immer keeps about all of them, as they come; null if that is not known
 */
export function followed(draft: unknown): readonly Kept[] | null {
  if (names === null || !isDraft(draft)) return null
  const kept = keptOf(draft as object)
  const list = (kept[names.scope] as Kept)[names.drafts] as Drafts
  list.kept = [given(kept, names)]
  list.push = pushing
  return list.kept
}

/** The values that the drafts of a recipe have become. */
export function valuesOf(all: readonly Kept[]): ReadonlyMap<unknown, unknown> {
  if (names === null) return new Map()
  const { draft, isModified, copy, base } = names
  return new Map(all.map((kept) => [kept[draft], kept[isModified] === true ? kept[copy] : kept[base]]))
}

/** Immer adds them one by one. */
function pushing(this: Drafts, draft: object): number {
  this[this.length] = draft
  this.kept.push(given(keptOf(draft), names as Names))
  return this.length
}

function given(kept: Kept, { base, copy, assigned }: Names): Kept {
  const made = copyForDraft(kept[base] as object)
  if (made === null) return kept
  kept[assigned] = new Assigned()
  kept[copy] = made
  return kept
}

/** What was set and deleted in a large object. */
class Assigned extends Map<string, boolean> {
  /** Without that, no key has moved. */
  hasDeleted = false

  override set(key: string, isSet: boolean): this {
    if (!isSet) this.hasDeleted = true
    return super.set(key, isSet)
  }
}

/**
 * Whether a draft was changed, and immer has made no patches of that: it is not at its place any more, or immer has met it at another
 * place first. True if nothing is known about the drafts.
 */
export function hidesChanges(all: readonly Kept[] | null): boolean {
  if (all === null || names === null) return true
  // The first is of the whole state, which is at its place.
  for (let i = 1; i < all.length; i++) {
    const kept = all[i] as Kept
    if (kept[names.isModified] !== true || !isChangedItself(kept, names)) continue
    if (!((kept[names.scope] as Kept)[names.patched] as ReadonlySet<Kept>).has(kept)) return true
  }
  return false
}

/** Not only in its parts, which have drafts of their own. */
function isChangedItself(kept: Kept, { base, assigned }: Names): boolean {
  return kept[base] instanceof Set || (kept[assigned] as ReadonlyMap<unknown, boolean>).size > 0
}

/**
 * Whether a recipe has moved keys, so that their order is another one than immer's patches lead to. True if nothing is known about
 * its drafts.
 */
export function movesKeys(all: readonly Kept[] | null): boolean {
  if (all === null || names === null) return true
  for (const kept of all) if (kept[names.isModified] === true && isMoved(kept, names)) return true
  return false
}

/**
 * Whether a recipe has made or filled holes in an array: immer makes a patch only of an element that was set, and none of one that is gone since
 * the array was made shorter, and longer again. True if nothing is known about its drafts.
 */
export function leavesHoles(all: readonly Kept[] | null): boolean {
  if (all === null || names === null) return true
  for (const kept of all) {
    if (kept[names.isModified] !== true || !Array.isArray(kept[names.base])) continue
    if (isPierced(kept, names)) return true
  }
  return false
}

function isPierced(kept: Kept, { base, copy, assigned }: Names): boolean {
  const before = kept[base] as readonly unknown[]
  const after = kept[copy] as readonly unknown[]
  const set = kept[assigned] as ReadonlyMap<string, boolean>
  if (set.has('length')) return hasHoles(after) || hasHoles(before)
  for (let i = before.length; i < after.length; i++) if (!Object.hasOwn(after, i)) return true
  // One that was filled is a hole again on the way back.
  for (const key of set.keys()) if (Number(key) < before.length && !Object.hasOwn(before, key)) return true
  return false
}

function isMoved(kept: Kept, names: Names): boolean {
  const base = kept[names.base] as object
  const copy = kept[names.copy] as object
  const assigned = kept[names.assigned]
  if (Array.isArray(base) || (assigned instanceof Assigned && !assigned.hasDeleted)) return false
  if (!(base instanceof Map) && !(base instanceof Set)) return movesNames(base, copy)
  const had = (key: unknown): boolean => base.has(key)
  return (
    (base instanceof Set || setsAny(assigned, had)) &&
    movedKeys([...base.keys()], [...(copy as typeof base).keys()], had).length > 0
  )
}

/** A key of a map that was deleted and set again looks like one that was set. A set does not say what happened to its items. */
function setsAny(assigned: unknown, had: (key: unknown) => boolean): boolean {
  for (const [key, isSet] of assigned as ReadonlyMap<unknown, boolean>) if (isSet && had(key)) return true
  return false
}

/**
 * Freezes what the drafts of a recipe have led to.
 *
 * @returns false if `next` is not what they have led to: then nothing is frozen
 */
export function freezeDrafts(all: readonly Kept[], base: unknown, next: unknown): boolean {
  if (names === null || all[0]?.[names.base] !== base || all[0]?.[names.copy] !== next) return false
  for (const kept of all) {
    if (kept[names.isModified] === true) freezeCopy(kept, names)
    else if (kept[names.copy] !== null) wasRead(kept[names.base] as object)
  }
  return true
}

function freezeCopy(kept: Kept, names: Names): void {
  const copy = kept[names.copy] as Kept
  const base = kept[names.base] as Kept
  const isPlain = Object.getPrototypeOf(copy) === Object.prototype
  if (!isPlain && !Array.isArray(copy)) return freezeOther(kept, names)
  Object.freeze(copy)
  if (isPlain) wasCopied(base, copy)
  for (const [key, isSet] of kept[names.assigned] as ReadonlyMap<string, boolean>) {
    if (isSet) frozen(copy[key], base[key])
    if (isPlain && !(isSet && Object.hasOwn(base, key))) changesKeys(copy)
  }
}

function freezeOther(kept: Kept, names: Names): void {
  const [copy, base] = [kept[names.copy], kept[names.base]]
  if (!(copy instanceof Map)) return void frozen(copy, base)
  freezeSet(copy, base as typeof copy, kept[names.assigned] as ReadonlyMap<unknown, boolean>)
  // Immer leaves a draft there.
  frozen(copy.get(undefined))
}
