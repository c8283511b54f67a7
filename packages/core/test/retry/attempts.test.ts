import { call, definePool, inspect, pause, type PoolOptions, reply, resume, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

describe('ctx.attempt with retry', () => {
  const counted = (options: PoolOptions = {}) => {
    const seen: number[] = []
    const fails = { first: 3 }
    const Work = definePool({
      init: () => 0,
      calls: {
        flaky: (_msg: object, _state, ctx) => {
          seen.push(ctx.attempt)
          if (ctx.attempt <= fails.first) throw new Error('no luck')
          return reply(ctx.attempt, (n: number) => n + 1)
        },
        backs: (_msg: object, _state, ctx) => {
          seen.push(ctx.attempt)
          if (ctx.attempt === 2) return ctx.backOff(10, { again: true })
          if (ctx.attempt === 1) throw new Error('no luck')
          return reply(ctx.attempt)
        },
        tells: (_msg: object, _state, ctx) => {
          seen.push(ctx.attempt)
          ctx.progress(`run ${ctx.attempt}`)
          if (ctx.attempt <= fails.first) throw new Error('no luck')
          return reply(ctx.attempt)
        },
      },
    })
    const retryOnCrash = { flaky: 1, backs: 0, tells: 0 }
    const pool = spawnPool(system, Work, 'counted', { clock, retryOnCrash, poisonAfter: 9, timeout: 1000, ...options })
    return { pool, seen, fails }
  }
  const retry = { attempts: 5, backoff: { min: 10, jitter: 0 } }

  it('counts each run of the message, in place and in all tries', async () => {
    const { pool, seen } = counted()
    const asked = call(pool, { type: 'flaky' }, { retry })
    await clock.advance(500)
    expect([await asked, seen]).toEqual([4, [1, 2, 3, 4]])
  })

  it('goes on after a back-off in a later try', async () => {
    const { pool, seen } = counted()
    const asked = call(pool, { type: 'backs' }, { retry })
    await clock.advance(500)
    expect([await asked, seen]).toEqual([3, [1, 2, 3]])
  })

  it('counts nothing of a try that was dropped before it ran', async () => {
    const { pool, seen, fails } = counted({ size: 1, broker: { client: { type: 'drop', max: 1 }, budget: false } })
    fails.first = 0
    pause(pool)
    const first = call(pool, { type: 'flaky' })
    const asked = call(pool, { type: 'flaky' }, { retry })
    await clock.advance(5)
    resume(pool)
    await clock.advance(500)
    expect([await first, await asked, seen, inspect(pool).retries.made]).toEqual([1, 1, [1, 1], 1])
  })

  it('goes on for each caller of a run that was shared', async () => {
    const { pool, seen, fails } = counted()
    fails.first = 2
    const calls = [1, 2].map(() => call(pool, { type: 'flaky' }, { retry, share: 'a' }))
    await clock.advance(500)
    expect([await Promise.all(calls), seen]).toEqual([
      [3, 3],
      [1, 2, 3, 3],
    ])
  })

  it('leaves the progress of later tries to be told', async () => {
    const { pool } = counted()
    const told: unknown[] = []
    const asked = call(pool, { type: 'tells' }, { retry, onProgress: (value) => told.push(value) })
    await clock.advance(500)
    expect([await asked, told]).toEqual([4, ['run 1', 'run 2', 'run 3', 'run 4']])
  })

  it('begins with 1 for each call of its own', async () => {
    const { pool, seen, fails } = counted()
    fails.first = 1
    const asked = [1, 2].map(() => call(pool, { type: 'flaky' }, { retry }))
    await clock.advance(500)
    expect([await Promise.all(asked), seen.sort()]).toEqual([
      [2, 2],
      [1, 1, 2, 2],
    ])
  })
})
