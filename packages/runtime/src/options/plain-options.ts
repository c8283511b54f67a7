import type { z } from 'zod'
import { isPlainObject } from '../changes'
import { hasNoOptions } from './no-options'
import { alternativesOf, propertyOf, type Schema } from './schema'

/**
 * Options as the schema reads them, in which each object of options is a plain one of this realm: so they can be merged with others, and
 * compared. Objects without a prototype, of another realm or of a class are copied. What is no options, such as a clock or a list, is
 * kept.
 *
 * @param value it need not have been checked: what the schema refuses in it, it refuses in the copy, too
 * @throws what a getter or a proxy throws
 */
export function plainOptions(schema: z.ZodType, value: unknown): unknown {
  return plain([schema as unknown as Schema], value)
}

/** @param schemas one of them is that of the value */
function plain(schemas: readonly Schema[], value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || hasNoOptions(value)) return value
  const forms = schemas.flatMap((schema) => alternativesOf(schema)).map(({ schema }) => schema)
  if (forms.some((form) => form.def.type === 'custom' && form.safeParse(value).success)) return value
  return properties(forms, value) ?? value
}

function properties(forms: readonly Schema[], value: object): object | undefined {
  const isPlain = isPlainObject(value)
  // A schema takes no instance of a class for a record.
  const readers = forms.filter(({ def }) => def.type === 'object' || (def.type === 'record' && isPlain))
  if (readers.length === 0) return undefined
  const entries = (isPlain ? Object.keys(value) : namesIn(readers, value)).map((name) => {
    const schemas = readers.flatMap((form) => propertyOf(form, name) ?? form.def.valueType ?? [])
    return [name, plain(schemas, (value as Readonly<Record<string, unknown>>)[name])] as const
  })
  // Not by assignment: "__proto__" must be a key like any other.
  return Object.fromEntries(entries)
}

/** Inherited ones, too, as a schema reads them: also getters of a class, which no loop over an object finds. */
function namesIn(forms: readonly Schema[], value: object): readonly string[] {
  const names = new Set(forms.flatMap(({ def }) => Object.keys(def.shape ?? {})).filter((name) => name in value))
  for (const name in value) names.add(name)
  return [...names]
}
