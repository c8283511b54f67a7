/** One option that a reconfiguration changed. */
export interface Change {
  /** The path of the option, such as `client.max`. */
  readonly path: string
  /** The value before, undefined if there was none. */
  readonly from: unknown
  /** The value now, undefined if there is none. */
  readonly to: unknown
}

/** Lists the differences between two sets of options, option by option. Compares the content only of plain objects and arrays. */
export function changesBetween(from: unknown, to: unknown, path = ''): readonly Change[] {
  if (Object.is(from, to)) return []
  if (!hasParts(from) || !hasParts(to)) return [{ path, from, to }]
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return keys.flatMap((key) => changesBetween(from[key], to[key], path === '' ? key : `${path}.${key}`))
}

/**
 * What a change of options names. `undefined` names nothing: `{ timeout: settings.timeout }` is ordinary code. Where the options do not have
 * such a name it stays, so that the schema can say whether it is one.
 */
export function namedIn(
  changes: Readonly<Record<string, unknown>>,
  options: object,
): readonly (readonly [name: string, value: unknown])[] {
  return Object.entries(changes).filter(([name, value]) => value !== undefined || !Object.hasOwn(options, name))
}

/** Options after a change, not checked yet. What is no object of options is returned as it is, for the schema to refuse. */
export function withChanges(options: object, changes: unknown): unknown {
  // Not by assignment: "__proto__" must be a name like any other, which the schema does not know.
  return isPlainObject(changes)
    ? Object.fromEntries([...Object.entries(options), ...namedIn(changes, options)])
    : changes
}

/** Whether `value` is a plain object, as options are written, and not an instance of a class. It may have no prototype, or one of another realm. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

function hasParts(value: unknown): value is Readonly<Record<string, unknown>> {
  return Array.isArray(value) || isPlainObject(value)
}
