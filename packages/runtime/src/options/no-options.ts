import { types } from 'node:util'
import { type Fault } from '../invalid-error'
import { readSafely } from './read-safely'
import { alternativesOf, propertyOf, type Schema } from './schema'
import { showValue } from './show-value'

const NONE: readonly Fault[] = []

/**
 * Where a value has something in the place of options that zod takes for an object without any: a promise, for which an `await` is
 * missing, a `Map`, a `Date`. All options would have their defaults, without a word.
 */
export function noOptions(schema: Schema, value: unknown): readonly Fault[] {
  return readSafely(() => (hasAny(value) ? found(schema, value, []) : NONE), NONE)
}

/** Whether there may be one. Fast path: as good as always there is none, and to go through a schema takes a third of a spawn. */
function hasAny(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  if (hasNoOptions(value)) return true
  for (const key of Object.keys(value)) if (hasAny((value as Readonly<Record<string, unknown>>)[key])) return true
  return false
}

function found(schema: Schema, value: unknown, path: readonly string[]): readonly Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NONE
  const forms = alternativesOf(schema).flatMap(({ schema }) => (schema.def.type === 'object' ? schema : []))
  if (forms.length === 0) return NONE
  if (hasNoOptions(value)) return [{ path, message: messageOf(value) }]
  return Object.keys(value).flatMap((key) => {
    const part = (value as Readonly<Record<string, unknown>>)[key]
    const schemas = forms.flatMap((form) => propertyOf(form, key) ?? [])
    return schemas.flatMap((each) => found(each, part, [...path, key])).slice(0, 1)
  })
}

function messageOf(value: object): string {
  const expected = `expected an object of options, got ${showValue(value)}`
  return types.isPromise(value) ? `${expected}. An "await" is missing` : expected
}

/** Whether what an object has is not in its properties. */
export function hasNoOptions(value: object): boolean {
  if (Object.getPrototypeOf(value) === Object.prototype) return false
  return (
    types.isPromise(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  )
}
