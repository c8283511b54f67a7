import { type Fault, hasNoOptions, listed, nearest, showValue, textOf } from '@genpool/runtime'
import type { Following, Then } from './step'

const MODES: readonly unknown[] = ['retry', 'exclusive', 'overwrite'] satisfies Then['commit'][]
const KNOWN = ['continue', 'timeout', 'commit', 'halt'] as const
/** What a user may write; `halt` is what the function `halt` adds. */
const TO_WRITE = KNOWN.slice(0, 3)

/**
 * Reads once what a handler wants to be done after its step. Whoever works with the result reads no object of the user: a getter may
 * throw, or say something else the next time.
 *
 * @returns what is wrong with it instead
 */
export function thenOf(given: unknown): Following | Fault {
  try {
    return isObject(given) ? readThen(given) : { path: ['then'], message: `${EXPECTED}, got ${showValue(given)}` }
  } catch (error) {
    return { path: ['then'], message: `it cannot be read: reading it threw: ${textOf(error)}` }
  }
}

export function isFault(then: Following | Fault): then is Fault {
  return 'message' in then
}

const EXPECTED = `expected an object { ${TO_WRITE.join(', ')} }`

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && !hasNoOptions(given)
}

function readThen(given: Record<string, unknown>): Following | Fault {
  const then: Record<string, unknown> = {}
  for (const key of KNOWN) if (key in given) then[key] = given[key]
  const unknown = Object.keys(given).find((key) => !(KNOWN as readonly string[]).includes(key))
  return unknown === undefined ? (faultIn(then) ?? then) : misnamed(unknown)
}

function misnamed(key: string): Fault {
  const meant = nearest(key, TO_WRITE)
  const hint = meant === undefined ? `there are ${listed(TO_WRITE)}` : `did you mean "${meant}"?`
  return { path: ['then'], message: `unknown key ${showValue(key)} (${hint})` }
}

function faultIn({ timeout, commit }: Record<string, unknown>): Fault | undefined {
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0))
    return { path: ['timeout'], message: `expected milliseconds >= 0 or Infinity, got ${showValue(timeout)}` }
  if (commit === undefined || MODES.includes(commit)) return undefined
  return { path: ['commit'], message: `expected ${listed(MODES.map(showValue))}, got ${showValue(commit)}` }
}
