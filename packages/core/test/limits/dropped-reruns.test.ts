import { call, type CrashedError, defineTask, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { system } from '../virtual-system'
import { backing } from './backing'

describe('a message that has run and is dropped while it waits to run again', () => {
  const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

  it('is never said to have not started: the error is a crash, and its cause the drop', async () => {
    const { clock, send } = backing({ size: 1, broker: { client: { max: 1 } } })
    const asked = outcome(send({ backOff: 100, again: true }))
    await clock.advance(1)
    void outcome(send({ user: 'urgent' }, { priority: 1 }))
    await clock.advance(1)
    const error = (await asked) as CrashedError
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', type: 'work', member: '', committed: false })
    expect(error.cause).toMatchObject({ code: 'ERR_GENPOOL_DROPPED', reason: 'priority' })
    expect(error.message).toMatch(/^Pool "pool" failed on "work": "pool" dropped a request .* It has run before/)
  })

  it.each([
    ['left alone', {}, 'ERR_GENPOOL_CRASHED', ['@0']],
    ['repeated if its type may run twice', { retryOnCrash: { work: 0 } }, '2', ['@0', 'urgent@100', '@100']],
  ])('is %s by retry', async (_name, options, result, runs) => {
    const { clock, began, send } = backing({ size: 1, broker: { client: { max: 1 } }, random: () => 0, ...options })
    const asked = send({ backOff: 100, again: true }, { retry: { backoff: { min: 99, jitter: 0 } } })
    const told = asked.catch((error: { code: string }) => error.code)
    await clock.advance(1)
    void outcome(send({ user: 'urgent' }, { priority: 1 }))
    await clock.advance(1000)
    expect(await told).toBe(result)
    expect(began.filter((run) => !run.startsWith('urgent'))).toEqual(runs.filter((run) => !run.startsWith('urgent')))
  })

  it('says the same of one that has too little time left for another run', async () => {
    const clock = virtualClock()
    const Worker = defineTask(async (backsOff: boolean, ctx) => {
      await clock.wait(20)
      return backsOff && ctx.attempt === 1 ? ctx.backOff(100, { again: true }) : 'done'
    })
    const pool = spawnPool(system, Worker, 'pool', { size: 1, clock })
    for (let i = 0; i < 50; i++) {
      const before = call(pool, false)
      await clock.advance(20)
      await before
    }
    const asked = outcome(call(pool, true, { timeout: 130 }))
    const other = outcome(call(pool, false, { timeout: 1000 }))
    await clock.advance(200)
    expect(await asked).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: { reason: 'budget' } })
    expect(await other).toBe('done')
  })
})
