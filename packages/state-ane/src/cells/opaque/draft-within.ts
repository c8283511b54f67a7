import { isLeftDraft } from '../ended-draft'

/** How many objects are looked at: an instance may lead to half of the program. */
const OBJECTS = 100

interface Found {
  readonly part: object
  readonly path: readonly PropertyKey[]
}

/** The path to a draft in a value that immer makes no draft of, as far as it can be seen; undefined if there is none. */
export function draftWithin(value: object): readonly PropertyKey[] | undefined {
  return !ArrayBuffer.isView(value) && hasObjects(value) ? searched(value) : undefined
}

/** Most have none: to search takes as long as all else that is done with such a value. */
function hasObjects(value: object): boolean {
  return namesOf(value).some((name) => isObject(valueAt(value, name)))
}

function searched(value: object): readonly PropertyKey[] | undefined {
  const found: Found[] = [{ part: value, path: [] }]
  const seen = new Set<unknown>([value])
  for (let i = 0; i < found.length && i < OBJECTS; i++) {
    const { part, path } = found[i] as Found
    for (const [name, inner] of partsOf(part)) {
      if (!isObject(inner) || seen.has(inner)) continue
      if (isLeftDraft(inner)) return [...path, name]
      seen.add(inner)
      if (!ArrayBuffer.isView(inner)) found.push({ part: inner, path: [...path, name] })
    }
  }
  return undefined
}

function partsOf(part: object): Iterable<readonly [PropertyKey, unknown]> {
  if (part instanceof Set) return [...(part as Set<unknown>)].entries()
  if (part instanceof Map)
    return [...part].flatMap(([key, each]) => [['a key', key] as const, ['a value', each] as const])
  return namesOf(part).map((name) => [name, valueAt(part, name)] as const)
}

function namesOf(part: object): string[] {
  const names = Object.keys(part)
  // Not enumerable.
  if (part instanceof Error) names.push('cause')
  return names
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The value of a property; undefined for an accessor, which is not called. */
export function valueAt(object: object, name: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value
}

/** The name of the class of an instance. */
export function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' && constructor.name !== '' ? `"${constructor.name}"` : 'a class'
}
