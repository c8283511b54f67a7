import { type Definition, defineTask, isDefinition } from '@genpool/core/elsewhere'
import { OptionsError, readSafely, showValue, textOf } from '@genpool/runtime'
import { pathToFileURL } from 'node:url'
import { isTypeScript } from './loader'
import { placed } from './places'

/** What is loaded, and how. */
export interface ModuleSetup {
  readonly file: string
  /** The name of the export; undefined for the default one. */
  readonly export: string | undefined
  /** What reads TypeScript; null if nothing was found. */
  readonly loader: string | null
}

/**
 * Loads the behaviour of a module. A plain function is a behaviour with one call.
 *
 * @throws {OptionsError} if the file cannot be read, or its export is missing or no behaviour: another try would end the same.
 *   Anything else that is thrown comes from the module
 */
export async function loadBehaviour(setup: ModuleSetup): Promise<Definition> {
  const exports = await load(setup).catch((error: unknown) => {
    throw placed(error)
  })
  const found = setup.export === undefined ? defaultOf(exports) : named(exports, setup.export)
  if (isDefinition(found)) return found
  if (typeof found === 'function') return defineTask(found as never) as unknown as Definition
  throw wrongExport(setup, exports, found)
}

async function load(setup: ModuleSetup): Promise<unknown> {
  const { file } = setup
  try {
    if (/\.m[jt]s$/.test(file)) return await importModule(setup)
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- reads TypeScript through the hooks of CommonJS
    return require(file) as unknown
  } catch (error) {
    const code = fieldOf(error, 'code')
    if (code === 'ERR_REQUIRE_ESM' || code === 'ERR_REQUIRE_ASYNC_MODULE') return import(pathToFileURL(file).href)
    if (isUnread(error, file) && isTypeScript(file)) return importInstead(error, setup)
    throw error
  }
}

/** The hook that reads TypeScript may be one for "import" only, as of `node --loader ts-node/esm`. */
async function importInstead(unread: unknown, setup: ModuleSetup): Promise<unknown> {
  try {
    return (await import(pathToFileURL(setup.file).href)) as unknown
  } catch (error) {
    throw isUnread(error, setup.file) ? readable(unread, setup) : error
  }
}

/**
 * In a thread, what reads TypeScript may have its hook for "require" only: tsx has no other one there, nor has swc. It then reads
 * the module as if it were CommonJS.
 */
async function importModule(setup: ModuleSetup): Promise<unknown> {
  const { file } = setup
  try {
    return (await import(pathToFileURL(file).href)) as unknown
  } catch (error) {
    if (fieldOf(error, 'code') !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    return requireInstead(setup, error)
  }
}

function requireInstead({ file, loader }: ModuleSetup, unread: unknown): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the hook is one for require
    return require(file) as unknown
  } catch (error) {
    // Without a hook it is no JavaScript, or it cannot be required.
    const isSyntax = isUnread(error, file)
    if (!isSyntax && !NOT_REQUIRED.has(fieldOf(error, 'code'))) throw error
    throw loader === null ? unread : new SyntaxError(`${textOf(isSyntax ? error : unread)} ${AS_COMMONJS}`)
  }
}

/** The codes with which Node, in its versions, says of an ES module that it cannot be required. */
const NOT_REQUIRED = new Set<unknown>(['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_INTERNAL_ASSERTION'])
const AS_COMMONJS =
  '(in a thread, the module was read as if it were CommonJS: an "await" at its top does not work there. Await in init instead)'

/** Whether nothing could read a file, so that none of it has run. */
function isUnread(error: unknown, file: string): boolean {
  const isSyntax = readSafely(() => error instanceof SyntaxError, false) || fieldOf(error, 'name') === 'TransformError'
  return fieldOf(error, 'code') === 'ERR_UNKNOWN_FILE_EXTENSION' || (isSyntax && isTypeScript(file))
}

/** Says what to do where the error alone does not. */
function readable(error: unknown, { file, loader }: ModuleSetup): unknown {
  const message =
    loader === null
      ? 'nothing was found that reads TypeScript. Start the process with it (--import tsx, -r ts-node/register), set ' +
        '"execArgv" of threads, or install tsx, ts-node or @swc/core'
      : `${loader} could not read it: ${textOf(placed(error))}`
  return new OptionsError(`The module "${file}" cannot be loaded in a thread: ${message}.`, [
    { path: ['url'], message },
  ])
}

function defaultOf(exports: unknown): unknown {
  const inner = fieldOf(exports, 'default')
  if (inner === undefined) return exports
  // import() of CommonJS that was compiled from an ES module has its default one level further down.
  return isDefinition(inner) || typeof inner === 'function' ? inner : (fieldOf(inner, 'default') ?? inner)
}

function named(exports: unknown, name: string): unknown {
  return fieldOf(exports, name) ?? fieldOf(fieldOf(exports, 'default'), name)
}

function fieldOf(value: unknown, name: string): unknown {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isHolder ? readSafely(() => (value as Record<string, unknown>)[name], undefined) : undefined
}

function wrongExport({ file, export: name }: ModuleSetup, exports: unknown, found: unknown): OptionsError {
  const names = typeof exports === 'object' && exports !== null ? Object.keys(exports).sort() : []
  const has =
    names.length === 0 ? 'It exports nothing by name' : `It exports ${names.map((each) => `"${each}"`).join(', ')}`
  const what = name === undefined ? 'default export' : `export "${name}"`
  const isForeign = fieldOf(fieldOf(found, 'constructor'), 'name') === 'Definition'
  const message = isForeign
    ? `its ${what} is a behaviour of another copy of @genpool/core. Install one version of it: "npm ls @genpool/core" shows who brings which`
    : `its ${what} is no behaviour (what definePool returned) and no function, but ${showValue(found === exports ? undefined : found)}. ${has}` +
      (name === undefined ? '. Export one as the default, or say which with { export: "name" }' : '')
  return new OptionsError(`The module "${file}" cannot be used in a thread: ${message}.`, [{ path: ['url'], message }])
}
