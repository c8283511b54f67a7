import { OptionsError } from '../errors'
import { printable } from '../printable'
import { showValue } from './show-value'

/** An argument of a public function, as an error names it. */
export interface Argument {
  /** The function that was called. */
  readonly of: string
  readonly argument: string
  /** What it has to be, in words. */
  readonly expected: string
}

/** The error for an argument of a public function that is something else. */
export function wrongArgument({ of, argument, expected }: Argument, given: unknown): OptionsError {
  const message = `expected ${expected}, got ${showAddress(given) ?? showValue(given)}`
  return new OptionsError(printable(`The ${argument} given to ${of} is wrong: ${message}.`), [
    { path: [argument], message },
  ])
}

/** @throws {OptionsError} if `given` is not a function */
export function checkFunction(argument: Omit<Argument, 'expected'>, given: unknown): void {
  if (typeof given !== 'function') throw wrongArgument({ ...argument, expected: 'a function' }, given)
}

/** An address as an error names it: by its path. Undefined if it is none. */
function showAddress(value: unknown): string | undefined {
  try {
    const { type, path } = value as { type?: unknown; path?: { parts?: unknown; toString(): string } }
    if (type === 'system') return `an actor system ("${path}")`
    return type === 'actor' && Array.isArray(path?.parts) ? `the address "${path}"` : undefined
  } catch {
    return undefined
  }
}

/** @throws {OptionsError} if `now` is no time */
export function checkTime(of: string, now: unknown): void {
  if (typeof now === 'number' && !Number.isNaN(now)) return
  throw wrongArgument({ of, argument: 'now', expected: 'a time in integer nanoseconds' }, now)
}
