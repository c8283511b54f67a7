import {
  call,
  type CallOptions,
  definePool,
  drain,
  idle,
  inspect,
  onEvent,
  type PoolOptions,
  reply,
  spawnPool,
  withWorkers,
} from '@genpool/core'
import { type ScriptedWorker, scriptedWorkers, virtualClock } from '@genpool/core/testing'
import { start, stop } from 'nact'

const Work = definePool({ init: () => 0, calls: { one: (_: { id: number }) => reply(0) } })

interface Failed {
  readonly code: string
  readonly cause: Error
}

function bench(depth: number, options: PoolOptions = {}) {
  const clock = virtualClock()
  const system = start()
  const workers = scriptedWorkers({ depth, now: () => clock.now() })
  const pool = spawnPool(system, withWorkers(Work, workers), 'pool', {
    size: 1,
    clock,
    timeout: Infinity,
    stuckAfter: 100,
    ...options,
  })
  const outcomes: unknown[] = []
  const errors: Failed[] = []
  const stuck: string[] = []
  onEvent(
    'genpool:member:stuck',
    ({ member, type, ranMs }) => stuck.push(`${member} ${type} ${Math.round(ranMs / 10) * 10}`),
    { pool },
  )
  const send = (callOptions: CallOptions = {}): void => {
    const id = outcomes.push(undefined) - 1
    call(pool, { type: 'one', id }, callOptions).then(
      () => void (outcomes[id] = 'replied'),
      (error: Failed) => void ([outcomes[id], errors[id]] = [error.code, error]),
    )
  }
  const sendAll = async (count: number): Promise<readonly ScriptedWorker[]> => {
    for (let i = 0; i < count; i++) send()
    await clock.settle()
    return workers.alive
  }
  /** Runs all that comes, and says what the pool promises once all is done. */
  const rest = async () => {
    while (workers.jobs.length > 0) {
      for (const job of workers.jobs) if (job.begin() || job.hasBegun) job.finish()
      await clock.settle()
    }
    const ended: string[] = []
    void idle(pool).then(() => ended.push('idle'))
    await clock.settle()
    void drain(pool).then(() => ended.push('drained'))
    await clock.settle()
    stop(system)
    return ended
  }
  return { clock, workers, pool, outcomes, errors, stuck, send, sendAll, rest }
}

describe('a worker of several jobs with a handler that never ends', () => {
  it('leaves nothing behind of a job that it had begun and had not reported', async () => {
    const { clock, sendAll, outcomes, errors, stuck, rest } = bench(2)
    const [worker] = await sendAll(2)
    worker!.jobs[0]!.begin()
    // It has begun the second as well, and the report is on its way.
    worker!.revoke = () => false
    await clock.advance(200)
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_CRASHED'])
    expect(errors[0]!.cause.message).toContain('still running after 100 ms')
    expect(errors[1]!.cause.message).toMatch(/"one".* lost/)
    expect(stuck).toEqual(['member-1.1 one 100'])
    expect(await rest()).toEqual(['idle', 'drained'])
  })

  it('is replaced although a job that began later has ended', async () => {
    const { clock, sendAll, outcomes, stuck, rest } = bench(2)
    const [worker] = await sendAll(2)
    worker!.jobs[0]!.begin()
    await clock.advance(50)
    worker!.jobs[1]!.begin()
    await clock.advance(20)
    worker!.jobs[1]!.finish()
    await clock.advance(40)
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED', 'replied'])
    expect(stuck).toHaveLength(1)
    expect(await rest()).toEqual(['idle', 'drained'])
  })

  it('is replaced for the job that hangs, and not for one that began beside it', async () => {
    const { clock, sendAll, errors, stuck, rest, pool } = bench(2)
    const [worker] = await sendAll(2)
    worker!.jobs[1]!.begin()
    await clock.advance(50)
    worker!.jobs[0]!.begin()
    await clock.advance(60)
    expect(errors.map(({ cause }) => cause.message.includes('lost'))).toEqual([true, false])
    expect(stuck).toEqual(['member-1.1 one 100'])
    expect(inspect(pool).restarts).toBe(1)
    expect(await rest()).toEqual(['idle', 'drained'])
  })

  it('runs a job again that it loses and that may be repeated', async () => {
    const { clock, sendAll, outcomes, rest } = bench(2, { retryOnCrash: { one: 1 } })
    const [worker] = await sendAll(2)
    worker!.jobs[0]!.begin()
    await clock.advance(50)
    worker!.jobs[1]!.begin()
    await clock.advance(60)
    expect(await rest()).toEqual(['idle', 'drained'])
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED', 'replied'])
  })

  it('is not replaced for a job whose handler has ended, and whose result is on its way', async () => {
    const { clock, sendAll, outcomes, stuck, rest } = bench(2)
    const [worker] = await sendAll(1)
    worker!.stageOf = () => 'over'
    worker!.jobs[0]!.begin()
    await clock.advance(150)
    worker!.jobs[0]!.finish()
    await clock.settle()
    expect([outcomes, stuck]).toEqual([['replied'], []])
    expect(await rest()).toEqual(['idle', 'drained'])
  })

  it('is replaced if that result never comes', async () => {
    const { clock, sendAll, outcomes, stuck, rest } = bench(2)
    const [worker] = await sendAll(1)
    worker!.stageOf = () => 'over'
    worker!.jobs[0]!.begin()
    await clock.advance(250)
    expect(outcomes).toEqual(['ERR_GENPOOL_CRASHED'])
    expect(stuck).toEqual(['member-1.1 one 200'])
    expect(await rest()).toEqual(['idle', 'drained'])
  })

  it('says of a job whose commit is done that its state was committed', async () => {
    const { clock, sendAll, errors, rest } = bench(2)
    const [worker] = await sendAll(2)
    for (const job of worker!.jobs) job.begin()
    worker!.stageOf = (job) => (job === worker!.jobs[1]!.job ? 'committed' : 'runs')
    await clock.advance(150)
    expect(errors).toMatchObject([{ committed: false }, { committed: true }])
    expect(await rest()).toEqual(['idle', 'drained'])
  })

  it('leaves nothing behind if it reports late, and twice', async () => {
    const { clock, sendAll, stuck, rest } = bench(3)
    const [worker] = await sendAll(3)
    const [first, second, third] = worker!.jobs
    first!.begin()
    worker!.revoke = () => false
    const { host } = worker!
    await clock.advance(110)
    for (const { job } of [first!, second!, third!, third!]) {
      host.progress.began(job, clock.now())
      host.progress.attempted(job, { number: 2, exclusive: false })
      host.done(job, undefined, 1, 1)
      host.returned(job)
    }
    host.died(new Error('late'), [first!.job])
    await clock.advance(500)
    expect(stuck).toHaveLength(1)
    expect(await rest()).toEqual(['idle', 'drained'])
  })
})
