import { start, stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'
import { getHeapCodeStatistics } from 'node:v8'
import { tell } from '../lasting'
import { collect } from '../measure'
import { Chaos } from './chaos'
import type { Found } from './found'

const TENTHS = 10
const ROUND_MS = 5000
/** By when threads that were replaced are gone, and the spare one has loaded, in milliseconds. */
const REST_MS = 1000
/** By when a thread that was told to end has ended, in milliseconds. */
const GONE_AFTER = 10_000

/** The threads of this process. */
class Threads {
  started = 0
  left = 0
  readonly #ended: WeakRef<object>[] = []

  constructor() {
    process.on('worker', (worker) => {
      this.started++
      this.left++
      const ref = new WeakRef(worker)
      worker.once('exit', () => {
        this.left--
        this.#ended.push(ref)
      })
    })
  }

  /** How many that have ended are still in memory. */
  get kept(): number {
    return this.#ended.filter((ref) => ref.deref() !== undefined).length
  }
}

function bytesOfObjects(): number {
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics()
  return process.memoryUsage().heapUsed - code_and_metadata_size - bytecode_and_metadata_size
}

async function run(minutes: number): Promise<Found> {
  const threads = new Threads()
  const unexpected: unknown[] = []
  process.on('unhandledRejection', (reason) => unexpected.push(reason))
  const system = start()
  const chaos = new Chaos(system, { state: 'shared', seed: Date.now() % 1e6 })
  const heaps: number[] = []
  const resident: number[] = []
  const begin = performance.now()
  for (let tenth = 0; tenth < TENTHS; tenth++) {
    tell('chaos', tenth / TENTHS, minutes)
    const end = begin + ((tenth + 1) * minutes * 60_000) / TENTHS
    do await chaos.round(ROUND_MS)
    while (performance.now() < end)
    await chaos.rest()
    await wait(REST_MS)
    collect()
    heaps.push(bytesOfObjects())
    resident.push(process.memoryUsage.rss())
  }
  const seconds = (performance.now() - begin) / 1000
  const { ledger, deaths } = chaos
  const figures = chaos.figures()
  const { kept } = threads
  await chaos.end()
  stop(system)
  for (const end = performance.now() + GONE_AFTER; threads.left > 0 && performance.now() < end;) await wait(10)
  const texts = [...deaths.unexpected, ...unexpected].map(String)
  return {
    seconds,
    ledger,
    deaths: deaths.of,
    unexpected: texts,
    ...figures,
    threads: { started: threads.started, left: threads.left, kept },
    heaps,
    resident,
  }
}

/** Prints what was found, as JSON: `node --expose-gc child.js <minutes>`. */
async function main([minutes]: readonly string[]): Promise<void> {
  const found = await run(Number(minutes))
  process.stdout.write(JSON.stringify(found), () => process.exit(0))
}

void main(process.argv.slice(2))
