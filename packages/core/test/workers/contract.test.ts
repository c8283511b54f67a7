import { withWorkers } from '@genpool/core'
import { contractBehaviour, workerContract, type WorkerSubject } from '@genpool/core/testing'
import fc from 'fast-check'
import { DelayedWorkers, type Faults } from './delayed-workers'

const inThisThread: WorkerSubject = { create: ({ wait }) => ({ behaviour: contractBehaviour(wait) }) }

function delayed(depth: number, faults: Faults = {}): WorkerSubject {
  return {
    create: ({ clock, wait }) => {
      const workers = new DelayedWorkers({ clock: clock!, depth, faults })
      return { behaviour: withWorkers(contractBehaviour(wait), workers), kill: () => workers.kill() }
    },
  }
}

const subjects: readonly (readonly [string, WorkerSubject])[] = [
  ['workers in this thread', inThisThread],
  ['workers that are some way off', delayed(1)],
  ['workers that are given three jobs ahead', delayed(3)],
]

beforeEach(() => {
  // nact's systems print each fault that reaches them.
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  jest.restoreAllMocks()
})

describe.each(subjects)('%s', (_, subject) => {
  it.each(workerContract.map((law) => [law.name, law] as const))('keep the contract: %s', async (_name, law) => {
    await law.check(subject, { fc, runs: Number(process.env['GENPOOL_MODEL_RUNS'] ?? 200) })
  })
})

describe('the contract of workers', () => {
  const mistakes: readonly Faults[] = [
    { runsWhatItGaveBack: true, commitsLate: true },
    { newestFirst: true },
    { answersEarly: true },
    { commitsLate: true },
    { forgets: true },
    { runsTwice: true },
    { losesCommits: true },
    { deaf: true },
    { mixesBatches: true },
  ]
  it.each(mistakes.map((faults) => [Object.keys(faults)[0], faults] as const))(
    'finds a worker that has this fault: %s',
    async (_, faults) => {
      const broken: string[] = []
      for (const law of workerContract) {
        const kept = await law.check(delayed(3, faults), { fc, runs: 50 }).then(
          () => true,
          () => false,
        )
        if (!kept) broken.push(law.name)
      }
      expect(broken).not.toEqual([])
    },
  )
})
