import { OptionsError, readSafely } from '@genpool/runtime'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'

/** How a thread gets ready to read its files. */
export interface Boot {
  /** Modules to load first, with their paths. */
  readonly hooks: readonly string[]
  /** Where @swc/core is, and what reads the paths of tsconfig.json; null if TypeScript is read by something else. */
  readonly swc: { readonly core: string; readonly paths: string | null } | null
  /** The file that makes a thread of it. */
  readonly entry: string
  /** What reads TypeScript, for an error text; null if nothing was found. */
  readonly loader: string | null
}

const ENTRY = join(__dirname, '..', 'thread', `entry${extname(__filename)}`)

/** The file that each thread starts with. */
export const BOOT_FILE = join(__dirname, '..', '..', 'boot.cjs')

/**
 * Checks that the files are there with which a thread starts.
 *
 * @throws {OptionsError} if they are not: most likely the package is part of a bundle
 */
export function checkBootFile(file = BOOT_FILE): void {
  if (existsSync(file)) return
  const message =
    `there is no file "${file}", with which each thread starts. Is @genpool/threads part of a bundle? Mark it as external, ` +
    'with the other packages of GenPool (esbuild: --external:@genpool/*)'
  throw new OptionsError(`threads: no thread can be started: ${message}.`, [{ path: [], message }])
}

const TYPESCRIPT = /\.[cm]?tsx?$/
/** In the flags of Node, these say that it reads TypeScript by itself. */
const IN_FLAGS = /\b(ts-node|tsx|swc|esbuild|tsimp|jiti|sucrase|strip-types|transform-types|babel)\b/

/** Whether a file is written in TypeScript. */
export function isTypeScript(file: string): boolean {
  return TYPESCRIPT.test(file)
}

/**
 * Finds what reads TypeScript in a thread: what this thread was started with, Node itself, or what the project has installed.
 *
 * @param file the module of the behaviour
 * @param execArgv the flags of the thread
 */
export function bootOf(file: string, execArgv: readonly string[]): Boot {
  const plain = { hooks: [], swc: null, entry: ENTRY }
  if (!isTypeScript(file) && !isTypeScript(ENTRY)) return { ...plain, loader: null }
  const flags = [...execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  // Flags go to the thread by themselves.
  const inFlags = IN_FLAGS.exec(flags)?.[1]
  if (inFlags !== undefined) return { ...plain, loader: inFlags }
  const tsNode = find('ts-node/register', file)
  if (tsNode !== null && Symbol.for('ts-node.register.instance') in process) {
    return { ...plain, hooks: [tsNode], loader: 'ts-node' }
  }
  if ('typescript' in process.features && !isTypeScript(ENTRY)) return { ...plain, loader: 'Node' }
  return { ...plain, ...installed(file, tsNode) }
}

/**
 * Loads here what threads load for TypeScript, if that is native code. With the last thread that has it, Node would unload it, and
 * what it has left behind then ends the process (rust-lang/rust#91979, in all that napi-rs makes).
 */
export function keepNativeCode({ swc }: Boot): void {
  if (swc === null) return
  // If it cannot be loaded, the thread says so.
  readSafely(() => createRequire(__filename)(swc.core) as unknown, null)
}

function installed(file: string, tsNode: string | null): Pick<Boot, 'hooks' | 'swc' | 'loader'> {
  const swc = find('@swc/core', file)
  if (swc !== null) {
    return { hooks: [], swc: { core: swc, paths: find('tsconfig-paths/register', file) }, loader: '@swc/core' }
  }
  const tsx = find('tsx/cjs', file)
  if (tsx !== null) return { hooks: [tsx], swc: null, loader: 'tsx' }
  if (tsNode !== null) return { hooks: [tsNode], swc: null, loader: 'ts-node' }
  return { hooks: [], swc: null, loader: null }
}

/** The path of a package of the project: as its module sees it, or as the process does. */
function find(request: string, file: string): string | null {
  for (const from of [file, join(process.cwd(), 'package.json'), join(dirname(__filename), 'x.js')]) {
    try {
      return createRequire(from).resolve(request)
    } catch {
      // Not from there.
    }
  }
  return null
}
