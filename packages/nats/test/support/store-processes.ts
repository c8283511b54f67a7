import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { StoreSetup, Told } from './store-process'

const running: StoreProcess[] = []

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** A process with a store and a pool. */
export class StoreProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #gone: Promise<void>
  #asked = 0

  constructor(setup: StoreSetup) {
    const execArgv = ['-r', join(__dirname, '../../../../.ci/register.cjs')]
    const cwd = join(__dirname, '../../../..')
    this.#child = fork(join(__dirname, 'store-process.ts'), [JSON.stringify(setup)], { execArgv, cwd })
    this.#child.on('message', ({ id, answer, error }: { id: number; answer: never; error?: string }) => {
      if (error === undefined) this.#waiting.get(id)?.resolve(answer)
      else this.#waiting.get(id)?.reject(new Error(error))
      this.#waiting.delete(id)
    })
    this.#gone = new Promise((resolve) => {
      this.#child.on('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error('the process is gone'))
        this.#waiting.clear()
        resolve()
      })
    })
  }

  /** Resolves when it is ready. */
  started(): Promise<this> {
    return new Promise((resolve, reject) => this.#waiting.set(0, { resolve: () => resolve(this), reject }))
  }

  ask<T>(what: string, given: object = {}): Promise<T> {
    const id = ++this.#asked
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      // It may be killed while this is on its way.
      const failed = (error: Error | null): void => void (error !== null && reject(error))
      if (this.#child.connected) this.#child.send({ id, what, with: given }, failed)
      else reject(new Error('the process is gone'))
    })
  }

  one(letter: string, type = 'append'): Promise<Told> {
    return this.ask('one', { letter, type })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGCONT')
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}

export async function startStores(count: number, setup: StoreSetup): Promise<StoreProcess[]> {
  const started = Array.from({ length: count }, () => new StoreProcess(setup))
  running.push(...started)
  return Promise.all(started.map((one) => one.started()))
}

export async function endStores(): Promise<void> {
  await Promise.all(running.splice(0).map((one) => one.kill()))
}
