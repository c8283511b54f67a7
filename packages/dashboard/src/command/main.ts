import { isGenPoolError, printableLines } from '@genpool/runtime'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { adviseCommand } from './advise-command'
import type { Command } from './command'
import { EXIT, Fault, usage } from './fault'
import type { Io } from './io'
import { recordCommand } from './record-command'
import { simulateCommand } from './simulate-command'
import { topCommand } from './top/top-command'

const COMMANDS: readonly Command[] = [recordCommand, simulateCommand, adviseCommand, topCommand]

/**
 * The command `genpool`.
 *
 * @returns the exit code; never rejects
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted
    const { text, code } = shown(error)
    io.err(`genpool: ${printableLines(text)}\n`)
    return code
  }
}

async function dispatch([name, ...rest]: readonly string[], io: Io): Promise<number> {
  if (name === '--version' || name === '-v') return print(io, `${version()}\n`)
  if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
    const about = COMMANDS.find((command) => command.name === rest[0])
    return print(io, about?.help ?? overview())
  }
  const command = COMMANDS.find((command) => command.name === name)
  if (command === undefined) {
    const known = COMMANDS.map((command) => command.name).join(', ')
    throw usage(`there is no command "${name}". There are ${known}; see genpool --help.`)
  }
  if (rest.includes('--help') || rest.includes('-h')) return print(io, command.help)
  return command.run(rest, io)
}

function overview(): string {
  const lines = COMMANDS.map(({ name, does }) => `  genpool ${name.padEnd(10)} ${does}\n`)
  return `Finds the right numbers for pools of @genpool/core, and shows pools that run.

${lines.join('')}
Each has its own help, with examples: genpool advise --help.

Exit codes: 0 all is well, 1 something failed, 2 wrong arguments, 3 no setting meets the goal.
`
}

function print(io: Io, text: string): number {
  io.out(text)
  return EXIT.ok
}

function version(): string {
  const file = join(__dirname, '..', '..', 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** What a user has to know of an error. Only a fault of this program has a stack. */
function shown(error: unknown): { readonly text: string; readonly code: number } {
  if (error instanceof Fault) return { text: error.message, code: error.exitCode }
  if (isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) return { text: error.message, code: EXIT.usage }
  if (isGenPoolError(error)) return { text: error.message, code: EXIT.failed }
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), code: EXIT.failed }
}
