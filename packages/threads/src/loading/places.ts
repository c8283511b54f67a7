import { readSafely } from '@genpool/runtime'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isNativeError } from 'node:util/types'
import { runInThisContext } from 'node:vm'

/** The longest piece of a line that a message shows. */
const MOST_SHOWN = 80

/**
 * Has the message of an error of Node's say in which file and line it found what is wrong: a syntax error, an import of what is not
 * there. What the module itself threw stays as it is. Never throws.
 */
export function placed(error: unknown): unknown {
  return readSafely(() => {
    if (isNativeError(error)) error.message = placedMessage(error) ?? error.message
    return error
  }, error)
}

function placedMessage(error: NodeJS.ErrnoException): string | undefined {
  if (error.code === 'MODULE_NOT_FOUND') return requiredFrom(error)
  if (error.code !== undefined) return importedFrom(error.message)
  if (error.name !== 'SyntaxError') return undefined
  const [, file = '', line = '', text = ''] = LINE.exec(stackWithLine(error)) ?? []
  return file === '' ? undefined : `${error.message} (${pathOf(file)}:${line}: ${text.trim().slice(0, MOST_SHOWN)})`
}

/** What Node writes before a stack: the file, the line, its text, and a mark below what is wrong. */
const LINE = /^(.+):(\d+)\n(.*)\n\s*\^/

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file
}

/** Where `stackWithLine` keeps an error while it throws it. */
const SLOT = Symbol.for('genpool.rethrown')
const RETHROWN = 'genpool-rethrown'

/**
 * The stack of an error, with the line that could not be read. Node knows it from the start, but writes it into the stack of an error of
 * an ES module only when that ends the process, or when a script throws it.
 */
function stackWithLine(error: Error): string {
  const { stack = '' } = error
  if (LINE.test(stack)) return stack
  const globals = globalThis as unknown as Record<symbol, unknown>
  globals[SLOT] = error
  try {
    runInThisContext(`throw globalThis[Symbol.for('genpool.rethrown')]`, { filename: RETHROWN, displayErrors: true })
  } catch {
    // As it should.
  }
  Reflect.deleteProperty(globals, SLOT)
  if (!error.stack?.startsWith(RETHROWN)) return error.stack ?? ''
  // Node knew none, and has written the line of that script.
  error.stack = stack
  return ''
}

/** Of a module that requires another one: without the modules that have required it, which are not all the user's. */
function requiredFrom({ message, requireStack }: RequireError): string | undefined {
  const [first = ''] = message.split('\n')
  const file = requireStack?.[0]
  return file === undefined ? undefined : `${first} required from ${file}${lineOf(file, first)}`
}

type RequireError = Error & { readonly requireStack?: readonly string[] }

/** Of an ES module that imports another one: Node says from which file. */
function importedFrom(message: string): string | undefined {
  const [said, file] = /.* imported from (.+?)$/m.exec(message) ?? []
  return said === undefined || file === undefined ? undefined : message.replace(said, `${said}${lineOf(file, said)}`)
}

/** The line of a file in which it imports what a message names first, as in `:5`; empty if none is found. */
function lineOf(file: string, message: string): string {
  const name = basename(/'([^']+)'/.exec(message)?.[1] ?? '')
  const lines = readSafely(() => readFileSync(pathOf(file), 'utf8').split('\n'), [])
  const index = lines.findIndex((line) => IMPORT.exec(line)?.[1]?.includes(name))
  return name === '' || index < 0 ? '' : `:${index + 1}`
}

const IMPORT = /\b(?:from|import|require)\b.*?['"`](.+)['"`]/
