import { transformFileSync } from '@swc/core'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { spawn, type ChildProcess } from 'node:child_process'

const packages = join(__dirname, '..', '..', '..')
const options = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs' },
} as const

/** Sources that plain node can run, so that starting a process takes no longer than it must. */
export class Transpiled {
  readonly #program: string

  /** @param program a file of this folder. Written once: a process that starts must never find half of it. */
  constructor(directory: string, program: string) {
    this.#program = join(directory, program.replace(/ts$/, 'js'))
    writeFileSync(this.#program, transformFileSync(join(__dirname, program), options).code)
    for (const name of ['runtime', 'state-ane']) {
      const target = join(directory, 'node_modules', '@genpool', name)
      copy(join(packages, name, 'src'), target)
      writeFileSync(join(target, 'package.json'), JSON.stringify({ main: 'index.js' }))
    }
  }

  /** Starts a process that runs it. */
  run(...args: readonly string[]): ChildProcess {
    const libraries = ['state-ane', 'runtime'].map((name) => join(packages, name, 'node_modules'))
    return spawn(process.execPath, [this.#program, ...args], {
      env: { ...process.env, NODE_PATH: libraries.join(delimiter) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
}

function copy(from: string, to: string): void {
  for (const file of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    const source = join(from, file)
    if (!statSync(source).isFile() || !file.endsWith('.ts') || file.endsWith('.d.ts')) continue
    const target = join(to, relative(from, source)).replace(/ts$/, 'js')
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, transformFileSync(source, options).code)
  }
}
