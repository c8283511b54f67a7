import { call, cast, configure, definePool, explain, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

interface Work {
  readonly user?: string
  readonly ms?: number
  readonly tokens?: number
}

/** A pool that writes down when each message begins, in milliseconds. */
const limited = (options: PoolOptions) => {
  const clock = virtualClock()
  const began: number[] = []
  const log: string[] = []
  const Worker = definePool({
    calls: {
      work: async ({ user = '', ms = 0 }: Work) => {
        began.push(Math.round(clock.now() / 1e6))
        log.push(`${user}+`)
        if (ms > 0) await clock.wait(ms)
        log.push(`${user}-`)
        return reply(user)
      },
    },
    casts: { note: () => void began.push(Math.round(clock.now() / 1e6)) },
  })
  const pool = spawnPool(system, Worker, 'pool', { size: 8, state: 'isolated', clock, ...options } as never)
  const send = (work: Work = {}, more = {}) => call(pool, { type: 'work', ...work } as never, more)
  return { clock, began, log, pool, send }
}

describe('a rate of work', () => {
  it('lets that many begin within any interval, and the others wait in order', async () => {
    const { clock, began, send, pool } = limited({ rate: { limit: 2, interval: 100 } })
    const all = Promise.all(Array.from({ length: 5 }, () => send()))
    await clock.settle()
    expect(inspect(pool)).toMatchObject({ waiting: 3, members: { idle: 8 }, rate: { waiting: 3, opensInMs: 100 } })
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 0, 100, 100, 200])
  })

  it('is spread evenly with a burst of one', async () => {
    const { clock, began, send } = limited({ rate: { limit: 4, interval: 100, burst: 1 } })
    const all = Promise.all(Array.from({ length: 4 }, () => send()))
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 25, 50, 75])
  })

  it('counts what messages cost, and refuses one that may never begin', async () => {
    const { clock, began, send } = limited({ rate: { limit: 10, interval: 100, cost: 'tokens' } })
    const all = Promise.all([send({ tokens: 6 }), send({ tokens: 6 }), send({ tokens: 4 }), send({ tokens: 1 })])
    await expect(send({ tokens: 11 })).rejects.toThrow('it costs 11, and no more than 10 may ever begin at once')
    await expect(send()).rejects.toThrow('expected a whole number >= 0 as the "cost" of a message, got undefined')
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 100, 100, 200])
  })

  it('drops once what finds no room', async () => {
    const { clock, pool, send } = limited({
      size: 1,
      rate: { limit: 9, interval: 100 },
      broker: { client: { max: 1 } },
    })
    const all = Promise.allSettled([send({ ms: 10 }), send(), send(), send()])
    await clock.advance(20)
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(inspect(pool)).toMatchObject({ outcomes: { dropped: 2 }, drops: { max: 2 } })
  })

  it('is one for each key with by', async () => {
    const { clock, log, send } = limited({ rate: { limit: 1, interval: 100, by: 'user' } })
    const all = Promise.all([send({ user: 'a' }), send({ user: 'a' }), send({ user: 'b' })])
    await clock.settle()
    expect(log).toEqual(['a+', 'a-', 'b+', 'b-'])
    await clock.advance(100)
    await all
    expect(log.slice(4)).toEqual(['a+', 'a-'])
  })

  it('keeps deadlines, aborts and priorities of what waits', async () => {
    const { clock, log, send } = limited({ rate: { limit: 1, interval: 100 } })
    const controller = new AbortController()
    const results = Promise.allSettled([
      send({ user: 'first' }),
      send({ user: 'late' }, { timeout: 50 }),
      send({ user: 'gone' }, { signal: controller.signal }),
      send({ user: 'plain' }),
      send({ user: 'urgent' }, { priority: 1 }),
    ])
    await clock.settle()
    controller.abort()
    await clock.advance(500)
    expect(
      (await results).map((result) => ('reason' in result ? (result.reason as { code: string }).code : result.value)),
    ).toEqual(['first', 'ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_CANCELLED', 'plain', 'urgent'])
    expect(log.filter((entry) => entry.endsWith('+'))).toEqual(['first+', 'urgent+', 'plain+'])
  })

  it('loses no place to a call that is aborted before it runs', async () => {
    const { clock, began, send } = limited({ rate: { limit: 1, interval: 100 } })
    await clock.settle()
    const controller = new AbortController()
    const gone = send({}, { signal: controller.signal })
    controller.abort()
    await expect(gone).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    const other = send()
    await clock.settle()
    await other
    expect(began).toEqual([0])
  })

  it('changes while the pool runs, and ends with false', async () => {
    const { clock, began, pool, send } = limited({ rate: { limit: 1, interval: 1000 } })
    const all = Promise.all(Array.from({ length: 5 }, () => send()))
    await clock.advance(10)
    configure(pool, { rate: { limit: 3 } })
    await clock.settle()
    expect(began).toEqual([0, 10, 10])
    configure(pool, { rate: false })
    await clock.settle()
    await all
    expect(began).toEqual([0, 10, 10, 10, 10])
    configure(pool, { rate: { limit: 1, interval: 50 } })
    const more = Promise.all([send(), send()])
    await clock.advance(100)
    await more
    expect(began.slice(5)).toEqual([10, 60])
  })

  it('begins with what waits already, also in a long queue of casts', async () => {
    const { clock, began, pool, send } = limited({ size: 1 })
    const first = send({ ms: 10 })
    await clock.settle()
    for (let i = 0; i < 3000; i++) cast(pool, { type: 'note' } as never)
    configure(pool, { rate: { limit: 1000, interval: 100 } })
    await clock.advance(400)
    await first
    expect(began).toHaveLength(3001)
    expect(began.filter((at) => at < 100).length).toBe(1001)
  })

  it('is explained: what it holds, and when the next may begin', async () => {
    const { clock, pool, send } = limited({ rate: { limit: 2, interval: 400 } })
    const all = Promise.all(Array.from({ length: 5 }, () => send()))
    await clock.advance(100)
    expect(explain(pool).findings).toMatchObject([
      {
        finding: 'rate',
        says: '3 requests wait for the rate of work: at most 2 may begin in 400 ms; the next may begin in 300 ms',
        figures: { held: 3, limit: 2, intervalMs: 400, opensInMs: 300, waiting: 3, idle: 8 },
        option: 'rate.limit',
      },
    ])
    await clock.advance(2000)
    await all
  })
})

describe('limits per key', () => {
  it('let that many of a key run at once, and hold nobody else back', async () => {
    const { clock, log, pool, send } = limited({ limits: { by: 'user', concurrency: 2 } })
    const all = Promise.all([
      ...Array.from({ length: 4 }, () => send({ user: 'a', ms: 10 })),
      send({ user: 'b', ms: 10 }),
    ])
    await clock.settle()
    expect(log).toEqual(['a+', 'a+', 'b+'])
    expect(inspect(pool).limits).toEqual({
      waiting: 2,
      keys: 2,
      key: 'a',
      ofKey: 2,
      running: 2,
      used: 0,
      opensInMs: 0,
    })
    expect(explain(pool).text).toContain(
      '2 requests wait for the limits of their keys: at most 2 of a key may run at once; 2 of 2 belong to "a", which has 2 running',
    )
    await clock.advance(20)
    await all
    expect(log.slice(3).join('')).toBe('a-a-b-a+a+a-a-'.replace('a-a-b-a+a+', log.slice(3, 8).join('')))
    expect(inspect(pool).limits).toMatchObject({ waiting: 0, keys: 0 })
  })

  describe('do not get the blame while one of the key could begin', () => {
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

  it('drop what is more than may wait for a key', async () => {
    const { clock, send } = limited({ limits: { by: 'user', concurrency: 1, max: 1 } })
    const results = Promise.allSettled(Array.from({ length: 3 }, () => send({ user: 'a', ms: 10 })))
    const other = send({ user: 'b' })
    await clock.advance(50)
    await other
    expect(
      (await results).map((result) => ('reason' in result ? (result.reason as { reason: string }).reason : 'ok')),
    ).toEqual(['ok', 'ok', 'max'])
  })

  it('say that it was the limit of the key, and which option to change, if that is what is full', async () => {
    const { clock, pool, send } = limited({ limits: { by: 'user', concurrency: 1, max: 1 } })
    const results = Promise.allSettled(Array.from({ length: 3 }, () => send({ user: 'a', ms: 10 })))
    await clock.settle()
    const { advice, option, says } = explain(pool).findings.find(({ finding }) => finding === 'drops')!
    expect(says).toContain('as many of one key waited as "limits.max" allows (1)')
    expect(says).not.toContain('the queue was full')
    expect(advice).toContain('If more of one key may wait, raise "limits.max".')
    expect(option).toBe('limits.max')
    await clock.advance(50)
    const { message } = ((await results)[2] as PromiseRejectedResult).reason as Error
    expect(message).toContain('(max, 1 waiting): as many of one key waited as "limits.max" allows (1).')
    expect(message).not.toContain('broker.client.max')
  })

  it('show no more than the begin of a long key, and long times in hours', async () => {
    const interval = 86_400_000
    const { clock, pool, send } = limited({ limits: { by: 'user', rate: { limit: 1, interval } }, timeout: 50 })
    const key = 'x'.repeat(100_000)
    const results = Promise.allSettled([send({ user: key }), send({ user: key })])
    await clock.settle()
    const { text } = explain(pool)
    expect(text).toContain(
      `at most 1 may begin in 24 h; 1 of 1 belong to "${'x'.repeat(60)}…"; the next may begin in 24 h`,
    )
    expect(text.length).toBeLessThan(1000)
    await clock.advance(100)
    const { message } = ((await results)[1] as PromiseRejectedResult).reason as Error
    expect(message.length).toBeLessThan(1000)
    expect(message).toContain('the next may begin in 24 h')
  })

  it('say both if the queue may be full as well', async () => {
    const { clock, pool, send } = limited({
      limits: { by: 'user', concurrency: 1, max: 1 },
      broker: { client: { type: 'drop', max: 9 } },
    })
    const results = Promise.allSettled(Array.from({ length: 3 }, () => send({ user: 'a', ms: 10 })))
    await clock.settle()
    const { advice, says } = explain(pool).findings.find(({ finding }) => finding === 'drops')!
    expect(says).toContain('the queue was full, or as many of one key waited as "limits.max" allows (1)')
    expect(advice).toContain('raise "limits.max". If only short bursts fill the queue, raise "broker.client.max".')
    await clock.advance(50)
    await results
  })

  it('say so if new limits do not allow what waits', async () => {
    const { clock, pool, send } = limited({ size: 1 })
    const running = send({ user: 'a', ms: 10 })
    const waiting = [send({ user: 'a' }), send({ user: 'b' })].map((call) => call.catch((error: unknown) => error))
    await clock.settle()
    const by = (): never => {
      throw new Error('no tenants here')
    }
    configure(pool, { limits: { by, concurrency: 1 } })
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ reason: 'rate', retryAfterMs: undefined })
      expect((error as Error).message).toContain('the limits have changed while it waited')
      expect((error as Error).message).not.toContain('Retry in')
    }
    await expect(send({ user: 'a' })).rejects.toThrow('no tenants here')
    await clock.advance(50)
    await running
  })

  it('leave messages without a key alone, and let a function find it', async () => {
    const { clock, log, send } = limited({
      limits: { by: (message) => (message as Work).user?.split('/')[0], concurrency: 1 },
    })
    const all = Promise.all([send({ user: 'a/1', ms: 10 }), send({ user: 'a/2' }), send({ ms: 1 }), send({ ms: 1 })])
    await clock.settle()
    expect(log).toEqual(['a/1+', '+', '+'])
    await clock.advance(20)
    await all
  })

  it('free the place of a call that crashed, was run again or gave up while it ran', async () => {
    const clock = virtualClock()
    let crashes = 2
    const Flaky = definePool({
      calls: {
        work: async ({ ms }: Work) => {
          await clock.wait(ms ?? 0)
          if (crashes-- > 0) throw new Error('crash')
          return reply('done')
        },
      },
    })
    const limits = { by: () => 'all', concurrency: 1, rate: { limit: 2, interval: 100 } }
    const pool = spawnPool(system, Flaky, 'pool', { size: 2, clock, retryOnCrash: { work: 5 }, limits })
    const all = Promise.all([
      call(pool, { type: 'work', ms: 10 }),
      call(pool, { type: 'work', ms: 90 }, { timeout: 320 }).catch(() => 'gave up'),
      call(pool, { type: 'work', ms: 0 }),
    ])
    await clock.advance(1000)
    expect(await all).toEqual(['done', 'done', 'done'])
    expect(inspect(pool)).toMatchObject({ waiting: 0, limits: { keys: 0 } })
  })

  it('share the members by weight', async () => {
    const { clock, log, send } = limited({ size: 1, limits: { by: 'user', weight: { gold: 2 } } })
    await clock.settle()
    const names = ['first', 'free', 'free', 'free', 'gold', 'gold', 'gold', 'gold']
    const all = Promise.all(names.map((user) => send({ user, ms: 1 })))
    await clock.advance(50)
    await all
    expect(log.filter((entry) => entry.endsWith('+')).map((entry) => entry.slice(0, -1))).toEqual([
      'first',
      'free',
      'gold',
      'gold',
      'free',
      'gold',
      'gold',
      'free',
    ])
  })
})

describe('options of rates and limits', () => {
  it('are refused with what is wrong with them', () => {
    const spawn = (options: object) => () => limited(options as PoolOptions)
    expect(spawn({ rate: { limit: 2, burst: 3 } })).toThrow('"burst" must not be greater than "limit", but 3 > 2')
    expect(spawn({ rate: { limit: 0 } })).toThrow('rate')
    expect(spawn({ limits: { concurrency: 1 } })).toThrow('limits.by')
    expect(
      spawn({ broker: { client: { type: 'fair', by: 'value' } }, limits: { by: 'user', weight: { a: 2 } } }),
    ).toThrow('"limits.weight" is wrong: the fair queue has another key')
  })
})
