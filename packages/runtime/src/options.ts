import type { z } from 'zod'
import { OptionsError } from './errors'

/**
 * Checks `input` with a zod schema and returns its output.
 *
 * @param what what is configured, such as `options of pool "counter"`
 * @throws {OptionsError} that names every fault, its path, and the accepted keys there
 */
export function parseOptions<S extends z.ZodType>(schema: S, input: unknown, what: string): z.output<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => ({ path: issue.path, message: explain(schema, issue) }))
  const lines = issues.map(({ path, message }) => `  at ${showPath(path)}: ${message}`)
  throw new OptionsError(`The ${what} are wrong; nothing was changed.\n${lines.join('\n')}`, issues)
}

function explain(schema: z.ZodType, issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const branches = issue.errors
      .flat()
      .map(({ path, message }) => (path.length === 0 ? message : `${showPath(path)}: ${message}`))
    return branches.length === 0 ? issue.message : [...new Set(branches)].join(', or ')
  }
  if (issue.code !== 'unrecognized_keys') return issue.message
  const accepted = keysAt(schema, issue.path)
  const names = issue.keys.map((key) => `"${key}"${suggest(key, accepted)}`).join(', ')
  return `unknown key ${names}. Accepted keys: ${accepted.join(', ')}`
}

function showPath(path: readonly PropertyKey[]): string {
  return path.length === 0
    ? 'the top'
    : path.map((part) => (typeof part === 'number' ? `[${part}]` : String(part))).join('.')
}

/** The parts of a zod schema that lead to the keys of a nested object. */
interface SchemaLike {
  readonly shape?: Readonly<Record<string, SchemaLike>>
  readonly options?: readonly SchemaLike[]
  readonly def?: { readonly innerType?: SchemaLike; readonly in?: SchemaLike; readonly getter?: () => SchemaLike }
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let level: SchemaLike[] = objectsOf(schema as SchemaLike)
  for (const part of path) {
    level = level.flatMap((object) => {
      const next = object.shape?.[String(part)]
      return next === undefined ? [] : objectsOf(next)
    })
  }
  return [...new Set(level.flatMap((object) => Object.keys(object.shape ?? {})))].sort()
}

/** Finds the object schemas inside defaults, optionals, pipes and unions. */
function objectsOf(schema: SchemaLike): SchemaLike[] {
  if (schema.shape !== undefined) return [schema]
  if (schema.options !== undefined) return schema.options.flatMap(objectsOf)
  const inner = schema.def?.innerType ?? schema.def?.in ?? schema.def?.getter?.()
  return inner === undefined ? [] : objectsOf(inner)
}

function suggest(key: string, accepted: readonly string[]): string {
  const close = accepted.find((candidate) => distance(key, candidate) <= 2)
  return close === undefined ? '' : ` (did you mean "${close}"?)`
}

/** Levenshtein's distance between two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
