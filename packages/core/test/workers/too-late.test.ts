import {
  call,
  type CallOptions,
  definePool,
  drain,
  inspect,
  pause,
  type PoolOptions,
  reply,
  spawnPool,
  withWorkers,
} from '@genpool/core'
import { type ScriptedWorker, scriptedWorkers } from '@genpool/core/testing'
import { clock, system } from '../virtual-system'

const Work = definePool({
  init: () => 0,
  calls: {
    one: (_: object) => reply(0),
    many: { batch: 3, handle: (messages: readonly object[]) => reply(messages.map(() => 0)) },
  },
})

type Deciding = ScriptedWorker & { giveUp: () => boolean; stageOf: ScriptedWorker['stageOf'] }

/** A pool with one worker of a user's, which says that the answers of what it has begun are on their way. */
async function open(options: PoolOptions = {}) {
  const workers = scriptedWorkers({ now: () => clock.now() })
  const pool = spawnPool(system, withWorkers(Work, workers), 'late', { size: 1, clock, timeout: Infinity, ...options })
  await clock.settle()
  const worker = workers.alive[0] as Deciding
  worker.giveUp = () => !worker.jobs.some(({ hasBegun }) => hasBegun)
  const send = (options: CallOptions = {}, type: 'one' | 'many' = 'one') => {
    const controller = new AbortController()
    const sent = { abort: () => controller.abort(), outcome: undefined as unknown }
    call(pool, { type }, { signal: controller.signal, ...options }).then(
      (value: unknown) => (sent.outcome = value),
      (error: unknown) => (sent.outcome = error),
    )
    return sent
  }
  const begun = async () => {
    await clock.settle()
    const job = workers.jobs[0]!
    job.begin()
    return job
  }
  return { pool, workers, worker, send, begun }
}
/** A call whose caller has given up, which does not end it. */
async function givenUp(how: string) {
  const { send, begun, pool } = await open()
  const sent = send(how === 'it aborts' ? {} : { timeout: 10 })
  const job = await begun()
  if (how === 'it aborts') sent.abort()
  await clock.advance(20)
  expect(sent.outcome).toBe(undefined)
  return { sent, job, pool }
}
const cancelled = { code: 'ERR_GENPOOL_CANCELLED', started: true }
const expired = { code: 'ERR_GENPOOL_EXPIRED', started: true }

describe('a call whose caller gives up when its answer is on its way', () => {
  it.each(['it aborts', 'its deadline passes'])('gets this answer, after %s', async (how) => {
    const { sent, job, pool } = await givenUp(how)
    job.job.succeed('late', true)
    job.leave()
    await clock.settle()
    expect(sent.outcome).toBe('late')
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, cancelled: 0, expired: 0 })
  })

  it.each([
    ['it aborts', cancelled],
    ['its deadline passes', expired],
  ])('fails when its run ends without an answer, after %s', async (how, error) => {
    const { sent, job, pool } = await givenUp(how)
    job.leave()
    await clock.settle()
    expect(sent.outcome).toMatchObject({ ...error, mayBeCommitted: false })
    expect(inspect(pool).outcomes).toMatchObject({ replied: 0, cancelled: how === 'it aborts' ? 1 : 0 })
  })

  it('is told that its commit is done', async () => {
    const { send, begun } = await open()
    const sent = send()
    const job = await begun()
    sent.abort()
    job.job.committed?.()
    job.leave()
    await clock.settle()
    expect(sent.outcome).toMatchObject({ ...cancelled, mayBeCommitted: true })
  })

  it('is told so with all of its batch', async () => {
    const { send, begun } = await open()
    send()
    const first = await begun()
    const batch = [send({}, 'many'), send({ timeout: 10 }, 'many'), send({}, 'many')]
    first.finish()
    const job = await begun()
    expect(job.job.companions).toHaveLength(2)
    await clock.advance(20)
    for (const { abort } of batch) abort()
    await clock.settle()
    expect(batch.map(({ outcome }) => outcome)).toMatchObject([cancelled, expired, undefined])
    job.leave()
    await clock.settle()
    expect(batch.map(({ outcome }) => outcome)).toMatchObject([cancelled, expired, cancelled])
  })

  it('does not run again when its worker dies', async () => {
    const { send, begun, worker, workers } = await open({ retryOnCrash: { one: 2 } })
    const sent = send()
    await begun()
    sent.abort()
    worker.die()
    await clock.advance(100)
    expect(workers.jobs).toHaveLength(0)
    expect(sent.outcome).toMatchObject(cancelled)
  })

  it('does not wait for another run either, when its worker dies in a pool that is paused', async () => {
    const { pool, send, begun, worker } = await open({ retryOnCrash: { one: 2 } })
    const sent = send({ key: 'a' })
    await begun()
    pause(pool)
    sent.abort()
    worker.die()
    await clock.advance(100)
    expect(sent.outcome).toMatchObject(cancelled)
    expect(inspect(pool).waiting).toBe(0)
    await drain(pool)
  })
})

describe('the last of the calls that share a run, when it gives up while the answer is on its way', () => {
  const share = { share: true } as const

  it('gets this answer, and is counted with it', async () => {
    const { send, begun, pool } = await open()
    const [left, last] = [send(share), send(share)]
    const job = await begun()
    left.abort()
    last.abort()
    await clock.settle()
    expect([left, last].map(({ outcome }) => outcome)).toMatchObject([cancelled, undefined])
    job.finish('late')
    await clock.settle()
    expect(last.outcome).toBe('late')
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, cancelled: 1 })
  })

  it('fails when the run ends without an answer', async () => {
    const { send, begun, pool } = await open()
    const last = send({ ...share, timeout: 10 })
    const job = await begun()
    await clock.advance(20)
    expect(last.outcome).toBe(undefined)
    job.job.committed?.()
    job.leave()
    await clock.settle()
    expect(last.outcome).toMatchObject({ ...expired, mayBeCommitted: true })
    expect(inspect(pool).outcomes).toMatchObject({ replied: 0, expired: 1 })
  })

  it('leaves the answer to those who come later', async () => {
    const { send, begun, pool } = await open()
    const last = send(share)
    const job = await begun()
    last.abort()
    await clock.settle()
    const later = send(share)
    job.finish('late')
    await clock.settle()
    expect(later.outcome).toBe('late')
    expect(last.outcome).toBe('late')
    expect(inspect(pool).outcomes).toMatchObject({ replied: 2, cancelled: 0 })
  })
})
