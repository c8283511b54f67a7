import { ERROR_CLASSES } from '@genpool/core/elsewhere'
import { textOf } from '@genpool/runtime'
import { isNativeError } from 'node:util/types'

/** An error in a form that structured clone keeps whole: its class is known by name. */
interface EncodedError {
  readonly kind: 'error'
  /** The nearest class that the other side knows. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its other fields: `code`, `cause`, and whatever its class has. */
  readonly fields: readonly (readonly [name: string, value: EncodedValue, enumerable: boolean])[]
}

/** Something that was thrown, or a field of an error. */
export type EncodedValue = EncodedError | { readonly kind: 'value'; readonly value: unknown }

const CLASSES: readonly { readonly name: string; readonly prototype: Error }[] = [
  ...Object.values(ERROR_CLASSES),
  ...[TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError, Error],
]
const DEPTH = 16

/**
 * Encodes what was thrown. What cannot be cloned in it becomes text, so that the error itself always arrives.
 *
 * @param isCloneable whether structured clone takes a value
 */
export function encodeError(error: unknown, isCloneable: (value: unknown) => boolean, depth = 0): EncodedValue {
  if (!isError(error) || depth > DEPTH) {
    return { kind: 'value', value: isCloneable(error) ? error : textOf(error) }
  }
  const skipped = new Set(['message', 'stack', 'name'])
  const names = Object.getOwnPropertyNames(error).filter((name) => !skipped.has(name))
  if (error instanceof DOMException) names.push('code')
  const fields = names.map((name) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[name]
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, name)
    return [name, encodeField(value, isCloneable, depth + 1), enumerable] as const
  })
  const { name, message, stack } = error
  return { kind: 'error', base: baseOf(error), name: String(name), message: String(message), stack, fields }
}

function encodeField(value: unknown, isCloneable: (value: unknown) => boolean, depth: number): EncodedValue {
  if (isError(value)) return encodeError(value, isCloneable, depth)
  if (Array.isArray(value) && value.some(isError)) {
    return { kind: 'value', value: { errors: value.map((each: unknown) => encodeError(each, isCloneable, depth)) } }
  }
  return encodeError(value, isCloneable, depth)
}

/** Of any realm. */
function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error
}

function baseOf(error: Error): string {
  // Also by name: it may come from another copy of the library.
  return CLASSES.find(({ name, prototype }) => prototype.isPrototypeOf(error) || error.name === name)?.name ?? 'Error'
}

/** The error again: an instance of the class it had, if that is one of JavaScript's or GenPool's. */
export function decodeError(encoded: EncodedValue): unknown {
  if (encoded.kind === 'value') {
    const list = (encoded.value as { readonly errors?: unknown } | null | undefined)?.errors
    return Array.isArray(list) ? (list as EncodedValue[]).map(decodeError) : encoded.value
  }
  const { base, name, message, stack, fields } = encoded
  const error = new Error(message)
  const found = CLASSES.find((each) => each.name === base)
  if (found !== undefined) Object.setPrototypeOf(error, found.prototype)
  if (error.name !== name) Object.defineProperty(error, 'name', hidden(name))
  if (stack !== undefined) Object.defineProperty(error, 'stack', hidden(stack))
  for (const [field, value, enumerable] of fields) {
    Object.defineProperty(error, field, { ...hidden(decodeError(value)), enumerable })
  }
  return error
}

function hidden(value: unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true, enumerable: false }
}
