import { ERROR_CLASSES } from '@genpool/core/elsewhere'
import { isGenPoolError, readSafely, textOf } from '@genpool/runtime'
import { isNativeError } from 'node:util/types'
import { isDeep } from './cloneable'

/** An error in a form that structured clone keeps whole: its class is known by name. */
interface EncodedError {
  readonly kind: 'error'
  /** The nearest class that the other side knows. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its other fields: `code`, `cause`, and whatever its class has. An error that is in it twice is the same object here, too. */
  readonly fields: (readonly [name: string, value: EncodedValue, enumerable: boolean])[]
}

/** Something that was thrown, or a field of an error. A `value` is a copy, and can be sent for certain. */
export type EncodedValue =
  | EncodedError
  | { readonly kind: 'list'; readonly items: readonly EncodedValue[] }
  | { readonly kind: 'value'; readonly value: unknown }

const OWN: readonly ErrorClass[] = Object.values(ERROR_CLASSES)
const NATIVE = [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError, Error]
type ErrorClass = { readonly name: string; readonly prototype: Error }
const CLASSES: readonly ErrorClass[] = [...OWN, ...NATIVE]
const WRITTEN_APART = new Set(['message', 'stack', 'name'])
const DEPTH = 16
/** So many errors within one are encoded, the others are texts: a getter may make new ones without end. */
const MOST = 256

/**
 * Encodes what was thrown. It never throws, whatever its parts do when they are read: what cannot be cloned or read in it becomes text,
 * so that the error itself always arrives.
 */
export function encodeError(error: unknown): EncodedValue {
  try {
    return encode(error, new Map(), 0)
  } catch {
    return { kind: 'value', value: textOf(error) }
  }
}

function encode(value: unknown, known: Map<Error, EncodedError>, depth: number): EncodedValue {
  if (depth > DEPTH) return { kind: 'value', value: textOf(value) }
  if (isError(value)) return known.get(value) ?? encodeFields(value, known, depth)
  if (readSafely(() => Array.isArray(value) && value.some(isError), false)) {
    const items = readSafely(() => [...(value as unknown[])], [])
    return { kind: 'list', items: items.map((item) => encode(item, known, depth)) }
  }
  const copy: unknown = isDeep(value) ? undefined : readSafely(() => structuredClone(value), undefined)
  return { kind: 'value', value: copy ?? shown(value) }
}

/** What could not be cloned, or is nothing. */
function shown(value: unknown): unknown {
  return value === undefined || value === null ? value : textOf(value)
}

function encodeFields(error: Error, known: Map<Error, EncodedError>, depth: number): EncodedValue {
  if (known.size >= MOST) return { kind: 'value', value: textOf(error) }
  const name = readSafely(() => String(error.name), 'Error')
  const encoded: EncodedError = {
    kind: 'error',
    base: baseOf(error, name),
    name,
    message: readSafely(() => String(error.message), UNREADABLE),
    stack: stackOf(error),
    fields: [],
  }
  known.set(error, encoded)
  for (const field of fieldsOf(error)) {
    const value = readSafely(() => (error as unknown as Record<string, unknown>)[field], UNREADABLE)
    const enumerable = readSafely(() => Object.prototype.propertyIsEnumerable.call(error, field), false)
    encoded.fields.push([field, encode(value, known, depth + 1), enumerable])
  }
  return encoded
}

const UNREADABLE = 'something that cannot be shown'

function fieldsOf(error: Error): readonly string[] {
  const names = readSafely(() => Object.getOwnPropertyNames(error), []).filter((name) => !WRITTEN_APART.has(name))
  return readSafely(() => error instanceof DOMException, false) ? [...names, 'code'] : names
}

function stackOf(error: Error): string | undefined {
  const stack: unknown = readSafely(() => error.stack, undefined)
  return typeof stack === 'string' ? stack : undefined
}

/** Whether it is an error, of any realm. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || readSafely(() => value instanceof Error, false)
}

function baseOf(error: Error, name: string): string {
  const isOf = ({ prototype }: ErrorClass): boolean =>
    readSafely(() => Object.prototype.isPrototypeOf.call(prototype, error), false)
  // Also by name: it may come from another copy of the library, or from another realm.
  const byName = isGenPoolError(error) ? OWN : NATIVE
  return (CLASSES.find(isOf) ?? byName.find((each) => each.name === name))?.name ?? 'Error'
}

/** The error again: an instance of the class it had, if that is one of JavaScript's or GenPool's. */
export function decodeError(encoded: EncodedValue): unknown {
  return decode(encoded, new Map())
}

function decode(encoded: EncodedValue, known: Map<EncodedValue, Error>): unknown {
  if (encoded.kind === 'value') return encoded.value
  if (encoded.kind === 'list') return encoded.items.map((item) => decode(item, known))
  return known.get(encoded) ?? decodeFields(encoded, known)
}

function decodeFields(encoded: EncodedError, known: Map<EncodedValue, Error>): Error {
  const { base, name, message, stack, fields } = encoded
  const error = new Error(message)
  known.set(encoded, error)
  const found = CLASSES.find((each) => each.name === base)
  if (found !== undefined) Object.setPrototypeOf(error, found.prototype)
  if (error.name !== name) Object.defineProperty(error, 'name', hidden(name))
  if (stack !== undefined) Object.defineProperty(error, 'stack', hidden(stack))
  for (const [field, value, enumerable] of fields) {
    Object.defineProperty(error, field, { ...hidden(decode(value, known)), enumerable })
  }
  return error
}

function hidden(value: unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true, enumerable: false }
}
