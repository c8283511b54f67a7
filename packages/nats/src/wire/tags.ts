/** The first byte of each value. A number never changes its meaning; new ones are added at the end. */
export const Tag = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  int: 4,
  float: 5,
  text: 6,
  array: 7,
  object: 8,
  date: 9,
  map: 10,
  set: 11,
  bigint: 12,
  regexp: 13,
  error: 14,
  buffer: 15,
  view: 16,
  boxed: 17,
  /** A value that came before in the same message: shared and circular structures stay so. */
  again: 18,
  hole: 19,
  /** An array that has names, too, as a match of a RegExp: they follow the items. */
  namedArray: 20,
} as const

const MOST_PLACES = 2 ** 32 - 1

/** Whether a name in an array is the place of an item, or its length. */
export function isPlace(key: string): boolean {
  return key === 'length' || (String(Number(key) >>> 0) === key && Number(key) < MOST_PLACES)
}

/** The views over bytes, by the number that they have on the wire. */
export const VIEWS = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
] as const

/** The error classes that keep their class. All others arrive as `Error`. */
export const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const

export type ErrorName = keyof typeof ERRORS

/** How deep values may be nested. */
export { MOST_DEPTH } from '@genpool/runtime'
