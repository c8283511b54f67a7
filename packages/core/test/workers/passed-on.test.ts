import { call, definePool, drain, reply, spawnPool, type Worker, withWorkers } from '@genpool/core'
import { type ScriptedWorker, scriptedWorkers } from '@genpool/core/testing'
import { clock, system } from '../virtual-system'

const settled = (promise: Promise<unknown>) => promise.catch((reason: unknown) => reason)
const Work = definePool({ init: () => 0, calls: { work: (_: object) => reply(0) } })

async function open() {
  const workers = scriptedWorkers({ now: () => clock.now() })
  const pool = spawnPool(system, withWorkers(Work, workers), 'passed-on', { size: 1, clock })
  await clock.settle()
  return { pool, workers, worker: workers.alive[0] as ScriptedWorker & { -readonly [K in keyof Worker]: Worker[K] } }
}

describe('a worker of a user may say', () => {
  it('that the answer of a job is on its way, and then its caller does not give up', async () => {
    const { pool, workers, worker } = await open()
    const answer = settled(call(pool, { type: 'work' }, { timeout: 50 }))
    await clock.settle()
    const [job] = workers.jobs
    job!.begin()
    worker.giveUp = () => false
    await clock.advance(100)
    job!.job.succeed(5, true)
    job!.finish()
    expect(await answer).toBe(5)
  })

  it('nothing of that: what it throws is its death, and the caller is told', async () => {
    const { pool, workers, worker } = await open()
    const error = settled(call(pool, { type: 'work' }, { timeout: 50 }))
    await clock.settle()
    workers.jobs[0]!.begin()
    worker.giveUp = () => {
      throw new Error('no giveUp')
    }
    await clock.advance(100)
    expect(await error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: { message: 'no giveUp' } })
  })

  it('that it is to be told when the deadline of a run changes that calls share', async () => {
    const { pool, workers, worker } = await open()
    const told: number[] = []
    const [short, long, gone] = [50, 500, 900].map((timeout) => ({ timeout, share: 'x' }))
    const controller = new AbortController()
    const calls = [settled(call(pool, { type: 'work' }, short))]
    await clock.settle()
    const sentAt = clock.now()
    worker.deadlineMoved = ({ deadline }) => told.push(Math.round((deadline - sentAt) / 1e6))
    calls.push(settled(call(pool, { type: 'work' }, long)))
    calls.push(settled(call(pool, { type: 'work' }, { ...gone, signal: controller.signal })))
    controller.abort()
    await clock.settle()
    expect([told, workers.jobs.map(({ job }) => job.deadlineMoves)]).toEqual([[500, 900, 500], [true]])
    workers.jobs[0]!.begin()
    workers.jobs[0]!.finish(8)
    expect((await Promise.all(calls)).slice(0, 2)).toEqual([8, 8])
  })

  it('that it is calling a handler, and then a drain in that waits for all others', async () => {
    const { pool, workers, worker } = await open()
    let drained: Promise<void> | undefined
    const give = worker.give.bind(worker)
    worker.give = (job) => {
      give(job)
      workers.jobs[0]!.begin()
      worker.isCalling = true
      drained = drain(pool)
      worker.isCalling = false
    }
    const answer = settled(call(pool, { type: 'work' }))
    await clock.settle()
    let isDrained = false
    void drained!.then(() => (isDrained = true))
    await clock.advance(10)
    expect(isDrained).toBe(true)
    workers.jobs[0]!.finish(7)
    expect(await answer).toBe(7)
  })
})
