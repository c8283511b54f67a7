import { inspect } from 'node:util'

const LONGEST = 80

/** The value of an option as a line of a diff shows it. */
export function showOption(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  const text = inspect(value, { breakLength: Infinity, depth: 2, maxArrayLength: 5 })
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
