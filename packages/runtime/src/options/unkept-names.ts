import { type Fault } from '../invalid-error'
import { readSafely } from './read-safely'
import { alternativesOf, type Schema } from './schema'

type Path = readonly string[]

/** Where a schema has records. Looked for once for each schema: options are checked often. */
const places = new WeakMap<object, readonly Path[]>()

/**
 * The names `__proto__` in the records of a value: zod accepts each, and leaves it out of what it returns. JSON.parse makes
 * such names.
 */
export function unkeptNames(schema: Schema, value: unknown): readonly Fault[] {
  return recordsOf(schema)
    .filter((path) => readSafely(() => hasProto(partAt(value, path)), false))
    .map((path) => ({ path: [...path, '__proto__'], message: 'nothing can have this name. Take another name' }))
}

function recordsOf(schema: Schema): readonly Path[] {
  const known = places.get(schema)
  if (known !== undefined) return known
  const found = new Map(recordsIn(schema).map((path) => [path.join('.'), path]))
  const paths = [...found.values()]
  places.set(schema, paths)
  return paths
}

function recordsIn(schema: Schema): readonly Path[] {
  return alternativesOf(schema).flatMap(({ schema: { def } }) => {
    if (def.type === 'record') return [[]]
    const parts = Object.entries(def.shape ?? {})
    return parts.flatMap(([key, part]) => recordsIn(part).map((path) => [key, ...path]))
  })
}

function partAt(value: unknown, path: Path): unknown {
  return path.reduce((part, key) => (part as Readonly<Record<string, unknown>>)[key], value)
}

function hasProto(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')
}
