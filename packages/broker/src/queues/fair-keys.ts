import { textOf } from '@genpool/runtime'
import { z } from 'zod'
import { InvalidError } from '../errors'

/**
 * How requests are told apart by a fair queue.
 *
 * - `'value'`: by the whole value; arrays and objects are compared by what is in them
 * - `{ property }`: by one property of the value
 * - `{ element }`: by one element of the value, an array, counted from 1
 * - `{ hash, property? }`: spread over so many queues by a hash of the value, or of one property
 * - a function from the value to the key
 *
 * A value without that property or element has the key undefined, like all others of that kind.
 */
export const fairBy = z.union([
  z.literal('value'),
  z.strictObject({ property: z.string() }),
  z.strictObject({ element: z.number().int().positive() }),
  z.strictObject({ hash: z.number().int().positive(), property: z.string().optional() }),
  z.custom<(value: unknown) => unknown>((value) => typeof value === 'function', 'expected a function (value) => key'),
])
export type FairBy = z.output<typeof fairBy>

/** The function that `by` stands for. */
export function keyFunction(by: FairBy): (value: unknown) => unknown {
  if (by === 'value') return (value) => value
  if (typeof by === 'function') return safely(by)
  if ('element' in by) return (value) => (Array.isArray(value) ? value[by.element - 1] : undefined)
  const { property } = by
  const read = property === undefined ? (value: unknown) => value : (value: unknown) => propertyOf(value, property)
  if (!('hash' in by)) return read
  return (value) => hash(String(identify(read(value)))) % by.hash
}

/** Whether two ways to tell requests apart are the same one. */
export function sameBy(a: FairBy, b: FairBy): boolean {
  return a === b || (typeof a !== 'function' && typeof b !== 'function' && JSON.stringify(a) === JSON.stringify(b))
}

const PLAIN = 'the key of a fair queue must be a plain value, or hold plain values only'

/** What a key is found by: arrays and objects with the same content are one key. */
export function identify(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key
  try {
    return JSON.stringify(key)
  } catch (cause) {
    throw new InvalidError('request', [{ path: ['key'], message: PLAIN }], cause)
  }
}

/** An order of keys: numbers, then other values by kind; arrays by their elements. Zero if there is none. */
export function compareKeys(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b)
  const [rankA, rankB] = [rank(a), rank(b)]
  if (rankA !== rankB) return rankA - rankB
  const [x, y] = typeof a === 'object' ? [identify(a), identify(b)] : [a, b]
  if (typeof x === 'symbol' || typeof x === 'function') return 0
  return (x as number) < (y as number) ? -1 : (x as number) > (y as number) ? 1 : 0
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

function propertyOf(value: unknown, property: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[property] : undefined
}

function safely(by: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => {
    try {
      return by(value)
    } catch (cause) {
      const message = `the function "by" of a fair queue threw: ${textOf(cause)}`
      throw new InvalidError('request', [{ path: ['by'], message }], cause)
    }
  }
}

/** FNV-1a over UTF-16 units: small, and even enough to spread keys. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
