import { showOption } from './show-option'

/** One line of a diff of options, as text for people. */
export interface DiffLine {
  readonly path: string
  readonly from: string
  readonly to: string
}

type Plain = Readonly<Record<string, unknown>>

/** The option at a path such as `broker.client.max`; undefined if there is none. */
export function optionAt(options: unknown, path: string): unknown {
  return path.split('.').reduce((inner: unknown, key) => (isPlain(inner) ? inner[key] : undefined), options)
}

/** What changes would do to options. Options that keep their value are left out. */
export function diffOf(options: unknown, changes: unknown, path = ''): readonly DiffLine[] {
  if (isPlain(changes)) {
    return Object.entries(changes).flatMap(([key, value]) =>
      diffOf(isPlain(options) ? options[key] : undefined, value, path === '' ? key : `${path}.${key}`),
    )
  }
  return Object.is(options, changes) ? [] : [{ path, from: showOption(options), to: showOption(changes) }]
}

const UNSAFE = ['__proto__', 'constructor', 'prototype']
const MOST_LEVELS = 8

/** Changes as JSON can carry them: "Infinity" stands for the number. Undefined if they are no plain options. */
export function changesFrom(json: unknown, level = 0): Plain | undefined {
  if (!isPlain(json) || level > MOST_LEVELS) return undefined
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) {
    if (UNSAFE.includes(key)) return undefined
    result[key] = isPlain(value) ? changesFrom(value, level + 1) : value === 'Infinity' ? Infinity : value
    if (result[key] === undefined) return undefined
  }
  return result
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
