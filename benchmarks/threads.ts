/*
 * Tasks on threads: GenPool against piscina, tinypool, workerpool and the main thread alone, and what a shared state costs. All take
 * turns in one run, and each row is a ratio of the rates of one round: the median, and the quartiles. Takes about four minutes on a
 * quiet machine.
 *
 *   tsc -b packages/threads && tsc -p benchmarks/tsconfig.build.json && node benchmarks/dist/threads.js [rounds] [ms]
 */
import { call, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Piscina } from 'piscina'
import workerpool from 'workerpool'
import { line, rounds } from './threads/ratios'
import { sharedRows } from './threads/shared'

const SIZE = 2
const TIMES = Number(process.argv[2] ?? 9)
const ROUND_MS = Number(process.argv[3] ?? 500)
const file = join(__dirname, '..', 'threads', 'task.cjs')

type Run = (us: number) => Promise<unknown>
interface Case {
  readonly title: string
  readonly us: number
  readonly inFlight: number
  /** The least that is wanted against the best of piscina, and against one thread. */
  readonly best: string
  readonly alone?: string
}

const CASES: readonly Case[] = [
  { title: 'tiny, one at a time', us: 0, inFlight: 1, best: '1.2' },
  { title: 'tiny, 64 in flight', us: 0, inFlight: 64, best: '3, aim 6' },
  { title: 'tiny, 512 in flight', us: 0, inFlight: 512, best: '3, aim 6' },
  { title: '20 µs', us: 20, inFlight: 64, best: '1' },
  { title: '100 µs', us: 100, inFlight: 64, best: '1', alone: '1.35' },
  { title: '1 ms', us: 1000, inFlight: 64, best: '1', alone: '1.6, aim 1.9' },
  { title: '10 ms', us: 10_000, inFlight: 64, best: '1' },
]

async function main(): Promise<void> {
  const system = start()
  const before = process.memoryUsage.rss()
  const pool = spawnPool(system, threads<(us: number) => number>(file), 'tasks', { size: SIZE, timeout: 60_000 })
  await ready(pool)
  await Promise.all(Array.from({ length: 64 }, () => call(pool, 1000)))
  const perThread = (process.memoryUsage.rss() - before) / SIZE / 2 ** 20
  const fixed = { filename: file, minThreads: SIZE, maxThreads: SIZE }
  const plain = new Piscina(fixed)
  const sixteen = new Piscina({ ...fixed, concurrentTasksPerWorker: 16 })
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same module in this thread
  const task = require(file) as (us: number) => number
  const { Tinypool } = await import('tinypool')
  const tiny = new Tinypool({ ...fixed, filename: pathToFileURL(file).href, concurrentTasksPerWorker: 16 })
  const workers = workerpool.pool(join(__dirname, '..', 'threads', 'workerpool-task.cjs'), {
    minWorkers: SIZE,
    maxWorkers: SIZE,
    workerType: 'thread',
  })
  const subjects: Record<string, Run> = {
    ours: (us) => call(pool, us),
    plain: (us) => plain.run(us),
    sixteen: (us) => sixteen.run(us),
    tinypool: async (us) => tiny.run(us) as Promise<unknown>,
    workerpool: async (us) => workers.exec('task', [us]) as PromiseLike<unknown>,
    main: (us) => Promise.resolve(task(us)),
  }
  for (const { title, us, inFlight, best, alone } of CASES) {
    const runs = Object.fromEntries(Object.entries(subjects).map(([name, run]) => [name, () => run(us)]))
    const found = await rounds(runs, { times: TIMES, ms: ROUND_MS, inFlight })
    const against = found.map((of) => of['ours']! / Math.max(of['plain']!, of['sixteen']!))
    console.log(line(`${title}: GenPool / piscina at its best`, against, best))
    const others = ['tinypool', 'workerpool', ...(us > 0 ? ['main'] : [])]
    for (const other of others) {
      const name = other === 'main' ? 'one thread' : other
      const goal = other === 'main' && alone !== undefined ? alone : '-'
      console.log(
        line(
          `${title}: GenPool / ${name}`,
          found.map((of) => of['ours']! / of[other]!),
          goal,
        ),
      )
    }
  }
  stop(system)
  await Promise.all([plain.destroy(), sixteen.destroy(), tiny.destroy(), workers.terminate()])
  for (const row of await sharedRows(TIMES, ROUND_MS)) console.log(row)
  console.log(line('memory of a thread', [perThread], 'to be stated', 'MB'))
}

void main()
