import { spawnBroker } from '@genpool/broker'
import { broadcast, call, type Context, definePool, inspect, reply, spawnPool, withWorkers } from '@genpool/core'
import { scriptedWorkers, virtualClock } from '@genpool/core/testing'
import { system } from '../virtual-system'
import { backing } from './backing'

describe('ctx.backOff, by whom and for what it may be called', () => {
  it('names what is wrong with its arguments, and holds nothing then', async () => {
    const { clock, pool, send } = backing()
    await clock.settle()
    for (const [ms, got] of [
      [NaN, 'NaN'],
      [-1, '-1'],
      [Infinity, 'Infinity'],
      ['1', '"1"'],
    ] as const) {
      await expect(send({ backOff: ms as number })).rejects.toMatchObject({
        cause: {
          code: 'ERR_GENPOOL_OPTIONS',
          message: `The ms given to ctx.backOff is wrong: expected finite milliseconds >= 0, got ${got}.`,
        },
      })
    }
    expect(inspect(pool)).toMatchObject({ backOffs: 0, backOff: undefined })
  })

  it('is refused where a broker is shared, which serves other pools, too', async () => {
    const broker = spawnBroker(system)
    const { clock, send } = backing({ broker } as never)
    await clock.settle()
    await expect(send({ backOff: 10 })).rejects.toMatchObject({
      cause: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringMatching(/shares a broker/) as string },
    })
  })

  it('cannot run a message again that is for one member alone', async () => {
    const clock = virtualClock()
    const failures: unknown[] = []
    const Worker = definePool({
      handleInfo: (_message: unknown, _state: unknown, ctx: Context) => {
        try {
          ctx.backOff(10, { again: true })
        } catch (error) {
          failures.push(error)
        }
      },
    })
    const pool = spawnPool(system, Worker, 'infos', { size: 1, clock })
    broadcast(pool, { type: 'hello' })
    await clock.settle()
    expect(failures).toMatchObject([
      { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringMatching(/Leave "again" out/) as string },
    ])
  })

  it('is there for workers of another kind', async () => {
    const clock = virtualClock()
    const workers = scriptedWorkers({ now: () => clock.now() })
    const Work = definePool({ calls: { go: () => reply(1) } })
    const pool = spawnPool(system, withWorkers(Work, workers), 'workers', { size: 1, clock })
    const answer = call(pool, { type: 'go' })
    await clock.settle()
    const [first] = workers.jobs
    first?.begin()
    first?.crash(first.job.backOff(10, { again: true }))
    await clock.advance(9)
    expect([workers.jobs, inspect(pool)]).toMatchObject([[], { waiting: 1, restarts: 0, backOff: { waiting: 1 } }])
    await clock.advance(1)
    workers.jobs[0]?.begin()
    workers.jobs[0]?.finish('done')
    await expect(answer).resolves.toBe('done')
  })
})
