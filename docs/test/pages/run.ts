import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual, format, inspect } from 'node:util'
import { type Expectation, literal, prepare } from './expectations'
import { type Program } from './markdown'

/** Loads a module for a program, as `require` does. */
export type Load = (name: string) => unknown

/**
 * Runs a program of a page and compares what it does with what it states.
 *
 * It stops the nact systems that the program starts, so that a page need not stop them. `import.meta.url` is that of `page`.
 *
 * @returns how many stated results were compared
 * @throws {Error} naming the line on the page, what it states and what came instead
 */
export async function runProgram(program: Program, load: Load, page = join(process.cwd(), 'page.md')): Promise<number> {
  const { javascript, expectations } = prepare(program.code)
  const output: string[] = []
  const opened: (() => void)[] = []
  let compared = 0
  const compare = async (index: number, evaluate: () => Promise<unknown>): Promise<void> => {
    const expectation = expectations[index]
    if (expectation === undefined) throw new Error(`No expectation ${index}.`)
    compared++
    const printed = output.length
    const fault = await check(expectation, evaluate, () => output.slice(printed).join('\n'))
    if (fault !== undefined)
      throw new Error(`Line ${program.line + expectation.line} states ${expectation.text}: ${fault}`)
  }
  const module: { exports: { run?: () => Promise<void> } } = { exports: {} }
  const fakeConsole = { ...console, log: (...args: unknown[]) => void output.push(format(...args)) }
  const url = JSON.stringify(pathToFileURL(page).href)
  const source = javascript.replaceAll('import.meta.url', () => url)
  const body = new Function('require', 'module', 'exports', 'console', '__expect', source)
  body(stopping(load, opened), module, module.exports, fakeConsole, compare)
  try {
    await module.exports.run?.()
  } finally {
    for (const close of opened) close()
  }
  return compared
}

interface Nact {
  start(...args: unknown[]): unknown
  stop(system: unknown): void
}

/** Loads modules, and notes which nact systems are started. */
function stopping(load: Load, opened: (() => void)[]): Load {
  return (name) => {
    if (name !== 'nact') return load(name)
    const nact = load(name) as Nact
    const start = (...args: unknown[]): unknown => {
      const system = nact.start(...args)
      opened.push(() => nact.stop(system))
      return system
    }
    return { ...nact, start }
  }
}

async function check(
  expectation: Expectation,
  evaluate: () => Promise<unknown>,
  printed: () => string,
): Promise<string | undefined> {
  if (expectation.kind === 'throws') return checkThrown(expectation.text, evaluate)
  const value = await evaluate()
  if (expectation.kind === 'prints') {
    return printed() === expectation.text ? undefined : `it printed ${inspect(printed())}.`
  }
  const wanted = literal(expectation.text)
  const seen = wanted.partial ? onlyKeys(value, wanted.value as object) : value
  return isDeepStrictEqual(plain(seen), wanted.value) ? undefined : `it is ${inspect(value)}.`
}

async function checkThrown(wanted: string, evaluate: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await evaluate()
  } catch (error) {
    const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown }
    return [code, name, message].includes(wanted) ? undefined : `it threw ${inspect(error)}.`
  }
  return 'nothing was thrown.'
}

/** Objects of any class as the literal that a page would write for them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

function onlyKeys(value: unknown, wanted: object): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => key in wanted))
}
