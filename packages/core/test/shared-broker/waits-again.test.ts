import { length, spawnBroker } from '@genpool/broker'
import { call, cast, definePool, inspect, load, noReply, reply, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'

describe('a request that waits again at a shared broker', () => {
  const setUpRuns = (options: object = {}, poolOptions: object = {}) => {
    const broker = spawnBroker(system, { clock, ...options }, 'broker')
    const runs: string[] = []
    const Work = definePool({
      casts: {
        note: async ({ name }: { name: string }) => {
          runs.push(name)
          await clock.wait(20)
          return noReply()
        },
      },
      calls: {
        work: async ({ name, crashes = 0 }: { name: string; crashes?: number }, _state, ctx) => {
          runs.push(name)
          await clock.wait(20)
          if (ctx.attempt <= crashes) throw new Error(`run ${ctx.attempt}`)
          return reply(name)
        },
      },
    })
    const pool = (name: string) =>
      spawnPool(system, Work, name, {
        size: 1,
        broker,
        clock,
        retryOnCrash: { work: 3 },
        poisonAfter: 9,
        ...poolOptions,
      })
    return { clock, broker, runs, pool }
  }
  const codes = (promises: Promise<string>[]) =>
    Promise.all(promises.map((promise) => promise.catch(({ code }: { code: string }) => code)))

  it('stands where its age puts it, and is served before what came later', async () => {
    const { clock, runs, pool } = setUpRuns()
    const a = pool('a')
    const asked = [
      call(a, { type: 'work', name: 'first', crashes: 2 }),
      ...['second', 'third'].map((name) => call(a, { type: 'work', name })),
    ]
    await clock.advance(300)
    expect(await Promise.all(asked)).toEqual(['first', 'second', 'third'])
    expect(runs).toEqual(['first', 'first', 'first', 'second', 'third'])
  })

  it('finds room in a full queue', async () => {
    const { clock, runs, pool } = setUpRuns({ client: { type: 'drop', max: 1 } })
    const a = pool('a')
    const asked = codes([
      call(a, { type: 'work', name: 'first', crashes: 1 }),
      call(a, { type: 'work', name: 'second' }),
    ])
    await clock.advance(300)
    expect([await asked, runs]).toEqual([
      ['first', 'second'],
      ['first', 'first', 'second'],
    ])
  })

  it('keeps the turn of its key', async () => {
    const { clock, runs, pool } = setUpRuns()
    const pools = [pool('a'), pool('b')]
    const asked = ['first', 'second', 'third'].map((name, i) =>
      call(pools[i % 2] as (typeof pools)[0], { type: 'work', name, crashes: i === 0 ? 2 : 0 }, { key: 'k' }),
    )
    await clock.advance(500)
    expect(await Promise.all(asked)).toEqual(['first', 'second', 'third'])
    expect(runs).toEqual(['first', 'first', 'first', 'second', 'third'])
  })

  it('counts once for its rate and its limits while it waits, and gives all back when it is done', async () => {
    const { clock, broker, runs, pool } = setUpRuns({ limits: { by: 'name', concurrency: 1 } })
    const [a, b] = [pool('a'), pool('b')]
    const asked = [
      call(a, { type: 'work', name: 'x', crashes: 2 }),
      call(b, { type: 'work', name: 'x' }),
      call(a, { type: 'work', name: 'y' }),
    ]
    await clock.advance(30)
    expect(inspect(a).limits).toMatchObject({ running: 1 })
    await clock.advance(500)
    expect(await Promise.all(asked)).toEqual(['x', 'x', 'y'])
    expect(runs.filter((name) => name === 'x')).toHaveLength(4)
    expect([inspect(a).limits, length(broker), clock.timers]).toMatchObject([{ waiting: 0 }, 0, 0])
  })

  it('keeps its deadline, and expires at that', async () => {
    const { clock, pool } = setUpRuns({ rate: { limit: 1, interval: 1000 } })
    const a = pool('a')
    const asked = codes([call(a, { type: 'work', name: 'first', crashes: 1 }, { timeout: 100 })])
    await clock.advance(99)
    expect(inspect(a).waiting).toBe(1)
    await clock.advance(2)
    expect([await asked, inspect(a).waiting, clock.timers]).toEqual([['ERR_GENPOOL_EXPIRED'], 0, 0])
  })

  it('counts for how long the oldest has waited', async () => {
    const { clock, pool } = setUpRuns({ rate: { limit: 1, interval: 1000 } })
    const a = pool('a')
    const asked = codes([call(a, { type: 'work', name: 'first', crashes: 1 })])
    await clock.advance(10)
    const later = codes([call(a, { type: 'work', name: 'second' })])
    await clock.advance(30)
    expect(load(a)).toMatchObject({ waiting: 2, oldestWaitMs: 40 })
    await clock.advance(5000)
    expect([await asked, await later]).toEqual([['first'], ['second']])
  })

  it('is told that the broker has stopped', async () => {
    const { clock, broker, pool } = setUpRuns()
    const a = pool('a')
    const asked = codes([call(a, { type: 'work', name: 'first', crashes: 1 })])
    await clock.advance(10)
    stop(broker)
    await clock.advance(100)
    expect(await asked).toEqual(['ERR_GENPOOL_STOPPED'])
  })

  it('takes the place of the cast that it replaces', async () => {
    const { clock, runs, pool } = setUpRuns()
    const a = pool('a')
    const asked = [call(a, { type: 'work', name: 'first' })]
    cast(a, { type: 'note', name: 'old' }, { latest: 'k' })
    asked.push(call(a, { type: 'work', name: 'second' }))
    cast(a, { type: 'note', name: 'new' }, { latest: 'k' })
    await clock.advance(500)
    await Promise.all(asked)
    expect(runs).toEqual(['first', 'new', 'second'])
  })
})
