import { inspect } from 'node:util'
import { type z } from 'zod'

/** The parts of a zod schema that are read here: every kind has a `def` with a `type`, and its parts are in it. */
export interface Schema {
  readonly description?: string | undefined
  readonly def: {
    readonly type: string
    readonly innerType?: Schema
    readonly in?: Schema
    readonly getter?: () => Schema
    readonly shape?: Readonly<Record<string, Schema>>
    readonly options?: readonly Schema[]
    readonly element?: Schema
    readonly items?: readonly Schema[]
    readonly keyType?: Schema
    readonly valueType?: Schema
    readonly values?: readonly unknown[]
    readonly entries?: Readonly<Record<string, unknown>>
    readonly defaultValue?: unknown
    readonly checks?: readonly Check[]
    readonly format?: string
  }
  safeParse(value: unknown): { readonly success: boolean }
}

interface Check {
  readonly _zod: {
    readonly def: { check: string; value?: number; inclusive?: boolean; format?: string; minimum?: number }
  }
}

/** The same schema without its static types: the reference only needs its parts. */
export const asSchema = (schema: z.ZodType): Schema => schema as unknown as Schema

/** The schema under defaults, optionals, pipes and other wrappers. `default` is undefined without a default. */
export interface Unwrapped {
  readonly schema: Schema
  readonly optional: boolean
  readonly default: string | undefined
  readonly description: string | undefined
}

/** Removes wrappers from a schema until `stop` returns true or no wrapper is left. */
export function unwrap(schema: Schema, stop: (schema: Schema) => boolean = () => false): Unwrapped {
  const { description } = schema
  const inner = stop(schema) ? undefined : under(schema)
  if (inner === undefined) return { schema, optional: false, default: undefined, description }
  const below = unwrap(inner, stop)
  const { type, defaultValue } = schema.def
  const isDefault = type === 'default' || type === 'prefault'
  return {
    schema: below.schema,
    optional: below.optional || type === 'optional' || isDefault,
    default: isDefault ? show(defaultValue) : below.default,
    description: description ?? below.description,
  }
}

/** The schema inside a wrapper. `null` is a value, so `nullable` is not a wrapper. */
function under({ def }: Schema): Schema | undefined {
  return def.type === 'nullable' ? undefined : (def.innerType ?? def.in ?? def.getter?.())
}

/** A value as it is written in a program, or `built in` if it cannot be written. */
export function show(value: unknown): string {
  const parts: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : [value]
  if (parts.some((part) => typeof part === 'function')) return 'built in'
  return inspect(value, { breakLength: Infinity, depth: Infinity })
}

/** The object schemas inside a schema, through wrappers and unions. */
export function objectsOf(schema: Schema): Schema[] {
  const { schema: inner } = unwrap(schema)
  if (inner.def.shape !== undefined) return [inner]
  return [...new Set(inner.def.options?.flatMap(objectsOf))]
}

/** The type of a schema in a few words. `name` returns the link for a schema that has its own section. */
export function typeOf(schema: Schema, name: (schema: Schema) => string | undefined): string {
  const { schema: inner } = unwrap(schema, (candidate) => name(candidate) !== undefined)
  const named = name(inner)
  if (named !== undefined) return named
  const { def } = inner
  const type = (part: Schema | undefined): string => (part === undefined ? 'any' : typeOf(part, name))
  switch (def.type) {
    case 'number':
    case 'int':
      return numberType(inner)
    case 'literal':
      return (def.values ?? []).map((value) => code(show(value))).join(' or ')
    case 'enum':
      return Object.values(def.entries ?? {})
        .map((value) => code(show(value)))
        .join(' or ')
    case 'union':
      return [...new Set(formsOf(inner, name).map(type))].join(' or ')
    case 'nullable':
      return `${type(def.innerType)} or ${code('null')}`
    case 'array':
      return `array of ${type(def.element)}`
    case 'tuple':
      return `[${(def.items ?? []).map(type).join(', ')}]`
    case 'record':
    case 'map':
      return `${def.type} of ${type(def.valueType)} by ${type(def.keyType)}`
    case 'custom':
      return inner.safeParse(() => undefined).success ? 'function' : 'object'
    case 'unknown':
      return 'any'
    default:
      return def.type
  }
}

/** The forms of a union, and those of unions inside of it that have no section. */
function formsOf(schema: Schema, name: (schema: Schema) => string | undefined): readonly Schema[] {
  const { schema: inner } = unwrap(schema, (candidate) => name(candidate) !== undefined)
  if (name(inner) !== undefined || inner.def.type !== 'union') return [schema]
  return (inner.def.options ?? []).flatMap((option) => formsOf(option, name))
}

function numberType(schema: Schema): string {
  const checks = (schema.def.checks ?? []).map((check) => check._zod.def)
  const formats = [schema.def.format, ...checks.map((check) => check.format)]
  const integer = formats.some((format) => format?.includes('int'))
  const bounds = checks.flatMap(({ check, value, inclusive }) => {
    const sign = check === 'greater_than' ? '>' : check === 'less_than' ? '<' : undefined
    return sign === undefined || value === undefined ? [] : [`${sign}${inclusive ? '=' : ''} ${value}`]
  })
  const words = bounds.map((bound) => bound.replace('>=', '≥').replace('<=', '≤'))
  return [integer ? 'integer' : 'number', words.join(', ')].filter((word) => word !== '').join(' ')
}

export const code = (text: string): string => `\`${text}\``
