import { call, configure, definePool, explain, inspect, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { system } from '../virtual-system'
import { limited, type Work } from './limited'

describe('limits per key do not get the blame while one of the key could begin', () => {
  const many = (send: (work: Work) => Promise<unknown>, users: string) =>
    Promise.all([...users].map((user) => send({ user, ms: 80 })))

  it('if all members are busy with others', async () => {
    const { clock, pool, send } = limited({ size: 2, limits: { by: 'user', concurrency: 2 } })
    const all = many(send, 'yyxxx')
    const late = send({ user: 'x' }, { timeout: 10 }).catch((error: Error) => error.message)
    await clock.advance(5)
    const { findings, text } = explain(pool)
    expect(findings.map(({ option }) => option)).toEqual(['size'])
    expect(text).not.toContain('limits')
    expect(inspect(pool).limits).toMatchObject({ waiting: 0, keys: 2, ofKey: 0 })
    configure(pool, { limits: { concurrency: 1 } })
    expect(explain(pool).findings.map(({ option }) => option)).toEqual(['size'])
    await clock.advance(15)
    expect(await late).toContain('All members are busy')
    await clock.advance(500)
    await all
  })

  it('if the rate of all is used up', async () => {
    const { clock, pool, send } = limited({
      limits: { by: 'user', concurrency: 2 },
      rate: { limit: 1, interval: 100 },
    })
    const all = many(send, 'xxxxx')
    await clock.advance(10)
    expect(explain(pool).findings).toMatchObject([{ finding: 'rate', figures: { held: 4, waiting: 4 } }])
    await clock.advance(1000)
    await all
  })

  it('if the pool allows fewer at once', async () => {
    const { clock, pool, send } = limited({ concurrency: 1, limits: { by: 'user', concurrency: 2 } })
    const all = many(send, 'xxxxx')
    await clock.advance(10)
    expect(explain(pool).findings.map(({ finding }) => finding)).toEqual(['concurrency'])
    await clock.advance(1000)
    await all
  })

  it('if the pool backs off', async () => {
    const clock = virtualClock()
    const Worker = definePool({
      calls: {
        work: (_message: Work, _state, ctx) =>
          ctx.attempt === 1 ? ctx.backOff(100, { again: true, key: null }) : reply(1),
      },
    })
    const pool = spawnPool(system, Worker, 'pool', { clock, size: 1, limits: { by: 'user', concurrency: 2 } })
    const all = Promise.all([...'xxxxx'].map((user) => call(pool, { type: 'work', user }).catch(() => undefined)))
    await clock.settle()
    expect(explain(pool).findings[0]).toMatchObject({ finding: 'back-off', figures: { held: 5, waiting: 5 } })
    await clock.advance(10_000)
    await all
  })

  it('but do once as many of the key run as may', async () => {
    const { clock, pool, send } = limited({ size: 4, limits: { by: 'user', concurrency: 2 } })
    const all = many(send, 'yyxxx')
    await clock.advance(10)
    expect(explain(pool).findings).toMatchObject([{ option: 'limits.concurrency', figures: { held: 1, running: 2 } }])
    await clock.advance(500)
    await all
  })
})

describe('of several limits that hold requests back', () => {
  it('the one that most of them wait for comes first, and a request is told of it', async () => {
    const clock = virtualClock()
    const Worker = definePool({
      calls: {
        work: async ({ user }: Work, _state, ctx) => {
          if (user === 'busy' && ctx.attempt === 1) return ctx.backOff(2000, { again: true })
          await clock.wait(100)
          return reply(1)
        },
      },
    })
    const limits = { by: 'user', concurrency: 1 }
    const pool = spawnPool(system, Worker, 'pool', { clock, size: 8, timeout: 500, limits })
    const busy = call(pool, { type: 'work', user: 'busy' }, { timeout: 5000 })
    await clock.advance(10)
    const all = [...'abcdefghij'].map(() =>
      call(pool, { type: 'work', user: 'x' }).catch(({ message }: Error) => message),
    )
    await clock.advance(300)
    expect(explain(pool).findings.map(({ finding }) => finding)).toEqual(['limits', 'back-off'])
    await clock.advance(3000)
    expect((await Promise.all(all)).at(-1)).toMatch(/at most 1 of a key may run at once.*"x"/)
    expect((await Promise.all(all)).at(-1)).not.toContain('backs off')
    await busy
  })
})

describe('a key that cannot be one', () => {
  it.each([
    ['limits.by', { limits: { by: () => circle(), concurrency: 1 } }],
    ['rate.by', { rate: { limit: 1, by: () => circle() } }],
  ])('is refused by the name of its option: %s', async (name, options) => {
    const { send } = limited(options)
    await expect(send({ user: 'x' })).rejects.toThrow(name)
  })
})

function circle(): object {
  const made: Record<string, unknown> = {}
  made['me'] = made
  return made
}
