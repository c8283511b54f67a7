/** The parts of a zod schema that tell what it accepts. */
export interface Schema {
  readonly def: {
    readonly type: string
    readonly innerType?: Schema
    readonly in?: Schema
    readonly out?: Schema
    readonly getter?: () => Schema
    readonly shape?: Readonly<Record<string, Schema>>
    readonly catchall?: Schema
    readonly options?: readonly Schema[]
    readonly discriminator?: string
    readonly values?: readonly unknown[]
    readonly entries?: Readonly<Record<string, unknown>>
    readonly element?: Schema
    readonly valueType?: Schema
    readonly checks?: readonly { readonly _zod: { readonly def: Check } }[]
    /** The format of a number that was made by `z.int()`. */
    readonly format?: string
    readonly error?: (issue: object) => unknown
  }
  safeParse(value: unknown): { readonly success: boolean; readonly error?: { readonly issues: readonly Issue[] } }
}

interface Check {
  readonly check: string
  readonly value?: number
  readonly inclusive?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
}

export interface Issue {
  readonly code?: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** The class whose instances a schema wants. */
  readonly expected?: string
}

/** One of the forms that a union accepts. */
export interface Alternative {
  readonly schema: Schema
  /** The key that tells this form from the others and has to be given, as `type`. */
  readonly tag: string | undefined
}

/** The schema inside of defaults, optionals, pipes and the like. */
export function coreOf(schema: Schema): Schema {
  const { innerType, in: from, out, getter } = schema.def
  const inner = innerType ?? (from?.def.type === 'transform' ? out : from) ?? getter?.()
  return inner === undefined ? schema : coreOf(inner)
}

/** The forms of a schema: those of its unions, and of unions inside of them; itself if it is none. */
export function alternativesOf(schema: Schema, tag?: string): readonly Alternative[] {
  const { def } = coreOf(schema)
  if (def.options === undefined) return [{ schema: coreOf(schema), tag }]
  return def.options.flatMap((option) => alternativesOf(option, def.discriminator ?? tag))
}

/** The values that a literal or an enum names; none for any other schema. */
export function valuesOf(schema: Schema | undefined): readonly unknown[] {
  if (schema === undefined) return []
  const { values, entries } = coreOf(schema).def
  return values ?? (entries === undefined ? [] : Object.values(entries))
}

/** The schema of a key of an object. */
export function propertyOf(schema: Schema, key: string): Schema | undefined {
  const { shape } = schema.def
  return shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined
}

/** The bounds that a number or a string has to keep. */
export function checksOf(schema: Schema): readonly Check[] {
  return (schema.def.checks ?? []).map(({ _zod }) => _zod.def)
}

/** The accepted keys of an object, in alphabetical order. */
export function keysOf(schema: Schema): readonly string[] {
  return Object.keys(schema.def.shape ?? {}).sort()
}

/** Where in the options there is a key of this name, as in `broker.client.max`: the nearest places first. */
export function placesOf(key: string, root: Schema): readonly string[] {
  const found = new Set<string>()
  let level: { readonly schema: Schema; readonly path: string }[] = [{ schema: root, path: '' }]
  for (let depth = 0; depth < 4; depth++) {
    level = level.flatMap(({ schema, path }) =>
      alternativesOf(schema).flatMap((form) =>
        Object.entries(form.schema.def.shape ?? {}).map(([name, part]) => ({ schema: part, path: `${path}.${name}` })),
      ),
    )
    for (const { path } of level) if (path.endsWith(`.${key}`)) found.add(path.slice(1))
  }
  return [...found]
}
