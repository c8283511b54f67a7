import { immerable } from 'immer'
import type { Fault } from '../../errors'
import { endedDraft } from '../ended-draft'
import { isBuiltIn } from './built-in'
import { draftWithin, nameOf } from './draft-within'
import { type Snapshot, snapshotOf } from './snapshot'

/*
 * Immer makes no draft of a date, of bytes or of an instance of a class: a recipe gets the value itself, and could change it in
 * place, without version, patch or undo. Before immer hands such a value out it asks for its `immerable`. So a value that comes
 * into a state gets an `immerable` that answers no, and that remembers what the value is like. After the recipe it must be the
 * same. A state without such values pays nothing for this, and neither does a recipe that does not read them.
 */

type Touched = Map<object, Snapshot>

/** The values that the recipe in hand has read. Null: none so far. Undefined: no recipe runs. */
let touched: Touched | null | undefined

const MARK: PropertyDescriptor = {
  enumerable: false,
  configurable: true,
  get(this: object) {
    if (touched !== undefined) {
      touched ??= new Map()
      if (!touched.has(this)) touched.set(this, snapshotOf(this))
    }
    return false
  },
}

/**
 * Marks a value that immer makes no draft of. Does nothing to one that is marked, or that takes no property.
 *
 * @throws an error of which `isEndedDraft` says yes, if a draft is in it
 */
export function mark(value: object): void {
  if (isMarked(value)) return
  if (draftWithin(value) !== undefined) throw endedDraft()
  try {
    Reflect.defineProperty(value, immerable, MARK)
  } catch {
    // A proxy of the user's that refuses it. The value is kept, and not watched.
  }
}

function isMarked(value: object): boolean {
  try {
    return Object.hasOwn(value, immerable)
  } catch {
    return true
  }
}

/** A recipe has changed values in place. They are as they were again. */
export class InPlace extends Error {
  constructor(readonly values: readonly object[]) {
    super('changed in place')
  }
}

/**
 * Runs a recipe. It may run inside another one.
 *
 * @throws {InPlace} if it has changed a value in place; what it throws itself. Values are as they were then
 */
export function watching<T, R>(recipe: (draft: T) => R, draft: T): R {
  const outer = touched
  touched = null
  let result: R
  try {
    result = recipe(draft)
  } catch (error) {
    undo(touched)
    touched = outer
    throw error
  }
  const read = touched
  touched = outer
  if (read !== null) mustBeUnchanged(read)
  return result
}

/** Whether a recipe runs now: of what it does, a commit is within it. */
export function isWithinRecipe(): boolean {
  return touched !== undefined
}

function mustBeUnchanged(read: Touched): void {
  const changed = undo(read)
  if (changed.length > 0) throw new InPlace(changed)
}

/** Undoes what a recipe has done to values in place. Returns the values that it had changed. */
function undo(read: Touched | null): object[] {
  const changed: object[] = []
  for (const [value, snapshot] of read ?? []) {
    if (snapshot.isSame()) continue
    snapshot.restore()
    changed.push(value)
  }
  return changed
}

/** What is wrong with changing `value`, which is somewhere in `state`, in place. */
export function faultOf(state: unknown, value: object): Fault {
  return { path: pathTo(value, state, new Set()) ?? [], message: `${remedyFor(value)} It is as it was before.` }
}

function remedyFor(value: object): string {
  if (isBuiltIn('Date', value)) {
    return 'a recipe cannot change a Date in place. Put a new one there, as in draft.at = new Date(...).'
  }
  if (isBuiltIn('ArrayBuffer', value) || ArrayBuffer.isView(value)) {
    return `a recipe cannot change the bytes of ${nameOf(value)} in place. Put a changed copy there, as in draft.bytes = bytes.`
  }
  return (
    `a recipe cannot change an instance of ${nameOf(value)} in place. Put a new instance there, use a plain object, or give the ` +
    'class [immerable] = true, so that a recipe gets a draft of it.'
  )
}

function pathTo(value: object, within: unknown, seen: Set<object>): PropertyKey[] | undefined {
  if (within === value) return []
  if (typeof within !== 'object' || within === null || seen.has(within)) return undefined
  seen.add(within)
  const entries =
    within instanceof Map ? within : within instanceof Set ? [...within].entries() : Object.entries(within)
  for (const [key, part] of entries) {
    const path = pathTo(value, part, seen)
    if (path !== undefined) return [typeof key === 'object' ? String(key) : (key as PropertyKey), ...path]
  }
  return undefined
}
