import { type z } from 'zod'

/** A place in options where something else can be put. */
export interface Probe {
  readonly path: readonly PropertyKey[]
  /** Options that have `value` there. */
  readonly put: (value: unknown) => unknown
}

type Put = Probe['put']

interface Def {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly shape?: Record<string, z.ZodType>
  readonly options?: readonly z.ZodType[]
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly values?: readonly unknown[]
}

/** Each place inside of a schema, through all unions, objects, lists and records. */
export function probesOf(schema: z.ZodType, path: readonly PropertyKey[] = [], put: Put = (value) => value): Probe[] {
  const def = schema.def as unknown as Def
  const inner = def.innerType ?? def.in
  if (inner !== undefined) return probesOf(inner, path, put)
  return [{ path, put }, ...partsOf(def, path, put)]
}

function partsOf(def: Def, path: readonly PropertyKey[], put: Put): Probe[] {
  if (def.options !== undefined) return def.options.flatMap((option) => probesOf(option, path, put).slice(1))
  if (def.element !== undefined) return probesOf(def.element, [...path, 0], (value) => put([value]))
  if (def.valueType !== undefined) return probesOf(def.valueType, [...path, 'x'], (value) => put({ x: value }))
  const fixed = Object.entries(def.shape ?? {}).flatMap(([key, part]) => {
    const tag = (part.def as unknown as Def).innerType?.def ?? part.def
    return key === 'type' && (tag as unknown as Def).values?.length === 1
      ? [[key, (tag as unknown as Def).values?.[0]]]
      : []
  })
  return Object.entries(def.shape ?? {}).flatMap(([key, part]) =>
    probesOf(part, [...path, key], (value) => put({ ...Object.fromEntries(fixed), [key]: value })),
  )
}
