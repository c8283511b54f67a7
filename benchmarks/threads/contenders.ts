import { call, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Piscina } from 'piscina'
import workerpool from 'workerpool'

const SIZE = 2
const file = join(__dirname, '..', '..', 'threads', 'task.cjs')

/** Runs one task of so many microseconds. */
type Run = (us: number) => Promise<unknown>

/** All that run the same tasks, each with two threads of its own. */
export interface Contenders {
  readonly runs: Readonly<Record<string, Run>>
  end(): Promise<unknown>
}

async function ours(system: ActorSystemRef): Promise<Run> {
  const pool = spawnPool(system, threads<(us: number) => number>(file), 'tasks', { size: SIZE, timeout: 60_000 })
  await ready(pool)
  return (us) => call(pool, us)
}

export async function contenders(): Promise<Contenders> {
  const system = start()
  const call = await ours(system)
  const fixed = { filename: file, minThreads: SIZE, maxThreads: SIZE }
  const plain = new Piscina(fixed)
  const sixteen = new Piscina({ ...fixed, concurrentTasksPerWorker: 16 })
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same module in this thread
  const task = require(file) as (us: number) => number
  const { Tinypool } = await import('tinypool')
  const tiny = new Tinypool({ ...fixed, filename: pathToFileURL(file).href, concurrentTasksPerWorker: 16 })
  const workers = workerpool.pool(join(__dirname, '..', '..', 'threads', 'workerpool-task.cjs'), {
    minWorkers: SIZE,
    maxWorkers: SIZE,
    workerType: 'thread',
  })
  const runs: Record<string, Run> = {
    ours: call,
    plain: (us) => plain.run(us),
    sixteen: (us) => sixteen.run(us),
    tinypool: async (us) => tiny.run(us) as Promise<unknown>,
    workerpool: async (us) => workers.exec('task', [us]) as PromiseLike<unknown>,
    main: (us) => Promise.resolve(task(us)),
  }
  const end = (): Promise<unknown> => {
    stop(system)
    return Promise.all([plain.destroy(), sixteen.destroy(), tiny.destroy(), workers.terminate()])
  }
  return { runs, end }
}

/** How much memory a thread takes that has run something, in MB. */
export async function memoryOfThread(): Promise<number> {
  const system = start()
  const before = process.memoryUsage.rss()
  const run = await ours(system)
  await Promise.all(Array.from({ length: 64 }, () => run(1000)))
  const taken = process.memoryUsage.rss() - before
  stop(system)
  return taken / SIZE / 2 ** 20
}
