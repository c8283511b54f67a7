/*
 * Tasks on threads: GenPool against piscina and the main thread alone, taking turns in one run.
 *
 *   tsc -b packages/threads && tsc -p benchmarks/tsconfig.build.json && node benchmarks/dist/threads.js
 */
import { call, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { join } from 'node:path'
import { Piscina } from 'piscina'

const SIZE = 2
const ROUNDS = 5
const ROUND_MS = 600
const file = join(__dirname, '..', 'threads', 'task.cjs')

type Run = (us: number) => Promise<unknown>

/** How many tasks end in a second, with so many in flight. */
async function rate(run: () => Promise<unknown>, inFlight: number): Promise<number> {
  let done = 0
  const begin = performance.now()
  const end = begin + ROUND_MS
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      await run()
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (done * 1000) / (performance.now() - begin)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

async function measure(subjects: Readonly<Record<string, Run>>, us: number, inFlight: number): Promise<string> {
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(subjects)) (rates[name] ??= []).push(await rate(() => run(us), inFlight))
  }
  return Object.entries(rates)
    .map(([name, of]) => `${name} ${Math.round(median(of)).toLocaleString('en')}/s`)
    .join(' · ')
}

async function main(): Promise<void> {
  const system = start()
  const pool = spawnPool(system, threads<(us: number) => number>(file), 'tasks', { size: SIZE, timeout: 60_000 })
  await ready(pool)
  const fixed = { filename: file, minThreads: SIZE, maxThreads: SIZE }
  const plain = new Piscina(fixed)
  const sixteen = new Piscina({ ...fixed, concurrentTasksPerWorker: 16 })
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same module in this thread
  const task = require(file) as (us: number) => number
  const subjects: Record<string, Run> = {
    GenPool: (us) => call(pool, us),
    piscina: (us) => plain.run(us),
    'piscina, 16 per thread': (us) => sixteen.run(us),
    'main thread': (us) => Promise.resolve(task(us)),
  }
  console.log(`tiny, one at a time: ${await measure(subjects, 0, 1)}`)
  console.log(`tiny, 64 in flight: ${await measure(subjects, 0, 64)}`)
  for (const us of [20, 100, 1000, 10_000]) console.log(`${us} µs, 64 in flight: ${await measure(subjects, us, 64)}`)
  stop(system)
  await Promise.all([plain.destroy(), sixteen.destroy()])
}

void main()
