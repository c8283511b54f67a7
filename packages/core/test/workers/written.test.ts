import {
  call,
  cast,
  definePool,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
  watchDeadLetters,
  withWorkers,
} from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import { type ScriptedWorker, scriptedWorkers } from '@genpool/core/testing'
import { clock, system } from '../virtual-system'

const Work = definePool({
  init: () => 0,
  calls: { add: (_: object) => reply(0) },
  casts: { put: (_: object) => noReply() },
})

/** A pool with one worker of a user's, which says of its jobs what the test says. */
async function open(options: PoolOptions = {}) {
  const workers = scriptedWorkers({ now: () => clock.now() })
  const pool = spawnPool(system, withWorkers(Work, workers), 'written', { size: 1, clock, ...options })
  await clock.settle()
  const worker: Writing = workers.alive[0]!
  return { pool, workers, worker }
}
type Writing = ScriptedWorker & { isWriting?: () => boolean; giveUp?: () => boolean }
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )
const maybe = { code: 'ERR_GENPOOL_CRASHED', committed: 'maybe', mayBeCommitted: true }

describe('a worker of a user that dies while a commit is being written', () => {
  it('has its message run no second time, whoever asks for that', async () => {
    const { pool, workers, worker } = await open({ retryOnCrash: { add: 2, put: 2 } })
    const error = errorOf(call(pool, { type: 'add' }, { retry: { attempts: 3, backoff: { min: 1 } } }))
    await clock.settle()
    worker.isWriting = () => true
    workers.jobs[0]!.begin()
    worker.die()
    await clock.advance(100)
    expect(workers.jobs.length).toBe(0)
    expect(await error).toMatchObject(maybe)
  })

  it('leaves a cast that is a dead letter', async () => {
    const { pool, workers, worker } = await open()
    const letters: unknown[] = []
    watchDeadLetters(pool, ({ error }) => letters.push(error))
    cast(pool, { type: 'put' })
    await clock.settle()
    worker.isWriting = () => true
    workers.jobs[0]!.begin()
    worker.die()
    await clock.settle()
    expect(letters).toMatchObject([maybe])
  })

  it('tells who delivered a cast that nobody will know whether it is done', async () => {
    const { pool, workers, worker } = await open()
    const delivery = { id: 'a', attempt: 1, storedAt: new Date(5), seq: 7, key: undefined }
    const told: unknown[] = []
    deliver(pool as never, { type: 'put' }, { delivery, timeout: 1000 }, (error, runs) => told.push([error, runs]))
    await clock.settle()
    worker.isWriting = () => true
    workers.jobs[0]!.begin()
    worker.die()
    await clock.settle()
    expect(told).toMatchObject([[maybe, 1]])
  })
})
