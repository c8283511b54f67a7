import type { z } from 'zod'
import { OptionsError } from '../errors'
import { type Fault } from '../invalid-error'
import { FaultFinder } from './faults'
import { type FirstGuesses } from './hints'
import { type Schema } from './schema'
import { noOptions } from './no-options'
import { printable } from '../printable'
import { showPath } from './show-path'
import { unkeptNames } from './unkept-names'

/** How many faults an error spells out; its `issues` has all. */
const MOST_LINES = 20

/**
 * Checks `input` with a zod schema and returns its output.
 *
 * @param what names what is configured, in the plural, as in `options of pool "counter"`
 * @param guesses names that people try first, with what they mean
 * @throws {OptionsError} naming every fault: where it is, what was expected, what was given, what was probably meant
 */
export function parseOptions<S extends z.ZodType>(
  schema: S,
  input: unknown,
  what: string,
  guesses: FirstGuesses = {},
): z.output<S> {
  const result = attempt(schema, input)
  const root = schema as unknown as Schema
  const unkept = [...noOptions(root, input), ...unkeptNames(root, input)]
  if (result?.success !== true) throw wrongOptions(what, [...faultsOf(schema, input, guesses), ...unkept])
  if (unkept.length > 0) throw wrongOptions(what, unkept)
  return result.data
}

/** The error for options that are wrong for other reasons than their schema. @param what as for `parseOptions` */
export function wrongOptions(what: string, faults: readonly Fault[]): OptionsError {
  const lines = faults
    .slice(0, MOST_LINES)
    .map(({ path, message }) => printable(`  at ${showPath(path, 'the top')}: ${message}`))
  if (faults.length > MOST_LINES) lines.push(`  and ${faults.length - MOST_LINES} more`)
  return new OptionsError(`The ${printable(what)} are wrong; nothing was changed.\n${lines.join('\n')}`, faults)
}

/** What is wrong with a value that a schema refuses, in words. Never empty. */
export function faultsOf(schema: z.ZodType, value: unknown, guesses: FirstGuesses = {}): readonly Fault[] {
  const root = schema as unknown as Schema
  const faults = new FaultFinder(root, guesses).find(root, value)
  return faults.length > 0 ? faults : [{ path: [], message: 'it is not the same each time that it is read' }]
}

/** Null if reading the input threw: a getter or a proxy can throw anything. */
function attempt<S extends z.ZodType>(schema: S, input: unknown): z.ZodSafeParseResult<z.output<S>> | null {
  try {
    return schema.safeParse(input)
  } catch {
    return null
  }
}
