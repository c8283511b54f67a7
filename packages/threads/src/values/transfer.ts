import { readSafely, wrongArgument } from '@genpool/runtime'
import { types } from 'node:util'
import type { Worker } from 'node:worker_threads'

/** What Node can move to another thread. Taken from `postMessage`, since the name of the type differs between versions of `@types/node`. */
export type Transferable = NonNullable<Parameters<Worker['postMessage']>[1]>[number]

/** What is known of transfers in this thread. */
interface Transfers {
  /** The lists of what `transfer` was called with. */
  readonly lists: WeakMap<object, readonly Transferable[]>
  /** What was moved to another thread. */
  readonly moved: WeakSet<object>
  /** Whether `transfer` was ever called here: if not, nobody looks for lists. */
  isUsed: boolean
}

/** Where they are: `Symbol.for` finds it from each copy of the package. */
const TRANSFERS = Symbol.for('genpool.transfers')

/** One for all copies of the package: what `transfer` of one copy was called with is moved by a pool of another, too. */
const known = globalThis as { [TRANSFERS]?: Transfers }
const transfers = (known[TRANSFERS] ??= { lists: new WeakMap(), moved: new WeakSet(), isUsed: false })
const { lists, moved } = transfers

/**
 * Moves what is in `list` instead of copying it: its memory belongs to the receiver from then on, and is empty here. Memory of the
 * pool's state is copied all the same.
 *
 * Wrap a message, or an answer in a handler. A message that was moved to a thread cannot be given to another one: it counts as begun
 * when it is sent, and fails with its thread.
 *
 * @param value the message, the answer, or one of its direct fields
 * @param list ArrayBuffers, MessagePorts and what else Node can transfer
 * @returns `value`
 * @throws {OptionsError} if `value` is no object, `list` is no list, or something in it can never be moved
 * @example await call(thumbnails, transfer({ type: 'make', image }, [image.buffer]))
 */
export function transfer<T extends object>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== 'object' || (value as unknown) === null) {
    throw wrongArgument({ of: 'transfer', argument: 'value', expected: 'an object' }, value)
  }
  if (!Array.isArray(list)) throw wrongArgument({ of: 'transfer', argument: 'list', expected: 'a list' }, list)
  for (const [i, item] of list.entries()) checkItem(item, i)
  lists.set(value, list)
  transfers.isUsed = true
  return value
}

function checkItem(item: unknown, i: number): void {
  const argument = `list[${i}]`
  const no = (expected: string): Error => wrongArgument({ of: 'transfer', argument, expected }, item)
  if (ArrayBuffer.isView(item)) throw no('an ArrayBuffer: the `buffer` of this')
  if (types.isSharedArrayBuffer(item)) throw no('no shared memory, which all threads have without a transfer')
  if (typeof item !== 'object' || item === null || readSafely(() => PLAIN.has(Object.getPrototypeOf(item)), true))
    throw no(MOVABLE)
}

const MOVABLE = 'an ArrayBuffer, a MessagePort, or what else Node can transfer'
/** Of what can never be moved. What else cannot, Node knows when it is sent. */
const PLAIN = new Set<unknown>([Object.prototype, Array.prototype, Map.prototype, Set.prototype, null])

/** What is to be moved with a value; undefined for nothing. */
export function transferListOf(value: unknown): readonly Transferable[] | undefined {
  if (!transfers.isUsed || typeof value !== 'object' || value === null) return undefined
  const own = lists.get(value)
  const inner = readSafely(() => Object.values(value), []).flatMap((part: unknown) =>
    typeof part === 'object' && part !== null ? (lists.get(part) ?? []) : [],
  )
  if (own === undefined && inner.length === 0) return undefined
  return [...new Set([...(own ?? []), ...inner])]
}

/** Remembers that what `transfer` was called with has left this thread. */
export function wasSent(value: unknown): void {
  if (transferListOf(value) !== undefined) moved.add(value as object)
}

/** Whether it was moved to another thread before. */
export function hasLeft(value: unknown): boolean {
  return typeof value === 'object' && value !== null && moved.has(value)
}

/**
 * Whether Node would move this. It takes memory that was moved before, or that two messages of one post move, and says nothing:
 * the receiver then gets an error instead of the post, and nobody learns what was in it.
 */
export function canMove(list: readonly Transferable[]): boolean {
  return new Set(list).size === list.length && !list.some(isDetached)
}

export function isDetached(item: Transferable): boolean {
  if (!types.isArrayBuffer(item) || item.byteLength > 0) return false
  try {
    new Uint8Array(item)
    return false
  } catch {
    return true
  }
}
