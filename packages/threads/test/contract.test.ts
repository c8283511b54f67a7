import type { Worker, WorkerFactory } from '@genpool/core'
import { behaviourElsewhere } from '@genpool/core/elsewhere'
import { type ContractBehaviour, workerContract, type WorkerSubject } from '@genpool/core/testing'
import fc from 'fast-check'
import { join } from 'node:path'
import { bootOf } from '../src/loading/loader'
import { threadOptions } from '../src/options'
import { ThreadRoutes } from '../src/owner/routes'
import type { ThreadWorker } from '../src/owner/thread-worker'
import { ThreadWorkers } from '../src/owner/thread-workers'

const same = { faultOfState: () => undefined, withDefaults: (options: object) => options }
const file = join(__dirname, 'fixtures', 'contract.ts')

/** Threads that the test can end. */
function subject(prefetch: number | 'auto', isolated: boolean): WorkerSubject {
  return {
    virtual: false,
    isolated,
    create: () => {
      const log = new Int32Array(new SharedArrayBuffer(4 * 10_000))
      const options = threadOptions.parse({ prefetch, workerData: log.buffer })
      const boot = bootOf(file, [])
      const routes = new ThreadRoutes()
      const module = { file, export: undefined, loader: boot.loader }
      const threads = new ThreadWorkers({ boot, module, options }, routes)
      const made: ThreadWorker[] = []
      const workers: WorkerFactory = {
        create(seat, host): Worker {
          const worker = threads.create(seat, host)
          made.push(worker as ThreadWorker)
          return worker
        },
      }
      const entries = (batched: number): number[] =>
        [...log.subarray(1, 1 + Atomics.load(log, 0))]
          .filter((entry) => entry % 2 === batched)
          .map((entry) => entry >> 1)
      return {
        behaviour: behaviourElsewhere({ routes, workers, size: 1, ...same }) as ContractBehaviour,
        kill: () => made.some((worker) => worker.kill()),
        committed: () => ({ ids: entries(0), batched: entries(1) }),
      }
    },
  }
}

beforeEach(() => {
  // nact's systems print each fault that reaches them.
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  jest.restoreAllMocks()
})

const laws = workerContract.map((law) => [law.name, law] as const)
const runs = Number(process.env['GENPOOL_THREAD_RUNS'] ?? 1)

describe.each([
  ['one message at a time', 1],
  ['messages ahead', 'auto'],
] as const)('threads with %s', (_, prefetch) => {
  const own = laws.filter(([, { sharesState }]) => !sharesState)
  it.each(own)('keep the contract with states of their own: %s', async (_name, law) => {
    await law.check(subject(prefetch, true), { fc, runs })
  })

  it.each(laws)('keep the contract with one state for all: %s', async (_name, law) => {
    await law.check(subject(prefetch, false), { fc, runs })
  })
})
