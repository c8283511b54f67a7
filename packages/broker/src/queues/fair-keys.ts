import { isPromise, keyId, letGo, parseOptions, readSafely, textOf, whyNotAKey } from '@genpool/runtime'
import { z } from 'zod'
import { InvalidError } from '../errors'

/** A function of a message, a key or a state. A method, since its parameter may have any type: `(message: { size: number }) => message.size`. */
export type FunctionOf<R> = { of(value: unknown): R }['of']

/** What may be the key of a message: any value but a promise, which nobody has awaited. */
export type Key = string | number | bigint | boolean | symbol | null | undefined | NoPromise | (NoPromise & AnyNames)

type NoPromise = object & { readonly then?: 'a promise is no key: await it first' }
/** Without it, the compiler would take the properties of `{ tenant: 7 }` for misspelt ones. */
type AnyNames = Readonly<Record<string, unknown>>

/**
 * How a fair queue finds the key of a request.
 *
 * - `'value'`: the whole value; arrays and objects are compared by content
 * - `{ property }`: one property of the value
 * - `{ element }`: one element of the value, which is an array; the first element is 1
 * - `{ hash, property? }`: a hash of the value or of one property, which spreads requests over that many queues
 * - a function that returns the key of a value
 *
 * All values without that property or element share the key undefined.
 */
export const fairBy = z.union([
  z.literal('value').describe('The whole value is the key.'),
  z.strictObject({ property: z.string().describe('The property of the value that is the key.') }),
  z.strictObject({
    element: z.number().int().positive().describe('The element of the value that is the key; the first is 1.'),
  }),
  z.strictObject({
    hash: z.number().int().positive().describe('The number of queues over which a hash spreads the values.'),
    property: z.string().optional().describe('The property to hash. Default: the whole value.'),
  }),
  z
    .custom<FunctionOf<Key>>((value) => typeof value === 'function', 'expected a function (value) => key')
    .describe('A function that returns the key of a value.'),
])
export type FairBy = z.output<typeof fairBy>

/** Returns the function that finds the key. */
export function keyFunction(given: FairBy, name = '"by" of a fair queue'): (value: unknown) => unknown {
  const by = parseOptions(fairBy, given, 'options "by" of fairKey')
  if (by === 'value') return (value) => value
  if (typeof by === 'function') return safely(by, name)
  if ('element' in by) return (value) => (Array.isArray(value) ? propertyOf(value, by.element - 1) : undefined)
  const { property } = by
  const read = property === undefined ? (value: unknown) => value : (value: unknown) => propertyOf(value, property)
  if (!('hash' in by)) return read
  return (value) => hash(String(identify(read(value)))) % by.hash
}

/** Whether two `by` options are the same. */
export function sameBy(a: FairBy, b: FairBy): boolean {
  return a === b || (typeof a !== 'function' && typeof b !== 'function' && JSON.stringify(a) === JSON.stringify(b))
}

/**
 * Returns the map key of a key: lists and objects with the same content are one key, and no text is the key of an object.
 *
 * @throws {InvalidError} if it is an object without a content: an instance of a class without `toJSON`, or circular
 */
export function identify(key: unknown): unknown {
  return identifyOf('a fair queue', key)
}

/** The same. @param of whose key it is, as errors say it */
export function identifyOf(of: string, key: unknown): unknown {
  if (typeof key === 'object' && isPromise(key)) throw promisedKey(key)
  try {
    return keyId(key)
  } catch (cause) {
    throw new InvalidError('request', [{ path: ['key'], message: `the key of ${of} ${whyNotAKey(cause)}` }], cause)
  }
}

/** As keys, all promises would be the same. */
function promisedKey(key: Promise<unknown>): InvalidError {
  letGo(key)
  const message = 'expected a value as the key of a message, got a promise: a key must be there at once'
  return new InvalidError('request', [{ path: ['by'], message }])
}

/** Compares keys: numbers first, then other values by type; arrays by their elements. Zero if they have no order. */
export function compareKeys(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b)
  const [rankA, rankB] = [rank(a), rank(b)]
  if (rankA !== rankB) return rankA - rankB
  const [x, y] = typeof a === 'object' ? [orderOf(a), orderOf(b)] : [a, b]
  if (typeof x === 'symbol' || typeof x === 'function') return 0
  return (x as number) < (y as number) ? -1 : (x as number) > (y as number) ? 1 : 0
}

/** It may have changed since it was found as a key, and be none any more. */
function orderOf(key: unknown): unknown {
  return readSafely(() => identify(key), undefined)
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const order = compareKeys(a[i], b[i])
    if (order !== 0) return order
  }
  return 0
}

const KINDS = ['number', 'bigint', 'undefined', 'boolean', 'symbol', 'function', 'object', 'string']

function rank(value: unknown): number {
  return KINDS.indexOf(typeof value)
}

/**
 * A property of a value; undefined if it is no object, or has none.
 *
 * @throws {InvalidError} if it is a getter that throws
 */
export function propertyOf(value: unknown, property: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return (value as Record<string | number, unknown>)[property]
  } catch (cause) {
    throw new InvalidError('request', [{ path: [property], message: `reading it threw: ${textOf(cause)}` }], cause)
  }
}

function safely(by: (value: unknown) => unknown, name: string): (value: unknown) => unknown {
  return (value) => {
    try {
      return by(value)
    } catch (cause) {
      const message = `the function ${name} threw: ${textOf(cause)}`
      throw new InvalidError('request', [{ path: [name.startsWith('"cost"') ? 'cost' : 'by'], message }], cause)
    }
  }
}

/** FNV-1a over UTF-16 units: short, and even enough to spread keys. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
