import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { isAbsolute, join } from 'node:path'

const root = join(__dirname, '..', '..', '..')
/** Reads TypeScript as ts-node does, but starts in a second. */
const register = join(root, '.ci', 'register.cjs')

/** The second compiles WebAssembly once, and not again to make it faster: PGlite then starts in a third of the time. */
const FLAGS = ['--expose-gc', '--liftoff-only']

/** What a recipe has printed, and how it ended. */
export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly status: number | null
}

/** A recipe that runs in a process of its own. */
export class RecipeProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #stdout = ''
  #stderr = ''

  /** @param name of a recipe, or the path of a program */
  constructor(name: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(
      process.execPath,
      [...FLAGS, '-r', register, isAbsolute(name) ? name : join('examples', 'recipes', `${name}.ts`)],
      {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    this.#child.stdout!.on('data', (text: Buffer) => (this.#stdout += String(text)))
    this.#child.stderr!.on('data', (text: Buffer) => (this.#stderr += String(text)))
    this.#closed = once(this.#child, 'close')
  }

  /** Resolves with the match when the recipe has printed it. Rejects if the process ends first. */
  async printed(text: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = text.exec(this.#stdout)
      if (match !== null) return match
      if (this.#child.exitCode !== null)
        throw new Error(`It ended before it printed ${text}: ${this.#stderr}`)
      await Promise.race([once(this.#child.stdout!, 'data'), this.#closed])
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async ended(): Promise<Ran> {
    await this.#closed
    return { stdout: this.#stdout, stderr: this.#stderr, status: this.#child.exitCode }
  }
}
