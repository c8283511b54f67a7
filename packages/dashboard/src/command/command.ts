import { nearest } from '@genpool/runtime'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { usage } from './fault'
import type { Io } from './io'

/** One of the commands of `genpool`. */
export interface Command {
  readonly name: string
  /** In one line. */
  readonly does: string
  readonly help: string
  /** @returns the exit code */
  readonly run: (args: readonly string[], io: Io) => Promise<number>
}

type Flags = NonNullable<ParseArgsConfig['options']>

/** What was given: options by their name, and the rest. */
export interface Arguments<F extends Flags> {
  readonly values: { readonly [K in keyof F]?: F[K] extends { type: 'boolean' } ? boolean : string }
  readonly positionals: readonly string[]
}

/**
 * Reads the arguments of a command.
 *
 * @throws {Fault} if there is an option that it does not know, or one lacks its value
 */
export function readArguments<F extends Flags>(command: string, args: readonly string[], options: F): Arguments<F> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true } as const) as Arguments<F>
  } catch (error) {
    // Node's own words name the option; what follows in them is about the syntax of shells.
    const [what = ''] = (error as Error).message.split(/\.\s/)
    throw usage(`${hinted(what, Object.keys(options))}. See genpool ${command} --help.`)
  }
}

/** With the option that was meant, or how to write a value that begins with a dash. */
function hinted(what: string, known: readonly string[]): string {
  const [, option = ''] = /'--([^' ]+)/.exec(what) ?? []
  if (what.includes('ambiguous'))
    return `--${option} needs a value. One that begins with a dash is written --${option}=-5`
  const meant = what.startsWith('Unknown') ? nearest(option, known) : undefined
  return meant === undefined ? what : `${what} (did you mean --${meant}?)`
}

/** @throws {Fault} if the text is no number of this kind */
export function numberOf(
  flag: string,
  text: string | undefined,
  { least = 0, whole = false } = {},
): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? NaN : Number(text)
  if (value >= least && value < Infinity && (!whole || Number.isInteger(value))) return value
  throw usage(`--${flag} is wrong: expected a ${whole ? 'whole ' : ''}number from ${least} on, got "${text}".`)
}
