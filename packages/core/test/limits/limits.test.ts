import { call, configure, definePool, explain, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { stop } from 'nact'
import { system } from '../virtual-system'
import { limited, type Work } from './limited'

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
      keyless: 0,
      keyFound: true,
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

  it.each<[string, PoolOptions, object]>([
    ['a rate by the same key', { rate: { limit: 1, interval: 1000, by: 'user' } }, {}],
    ['a rate by another key', { rate: { limit: 1, interval: 1000, by: 'other' } }, {}],
    ['a rate of all', { rate: { limit: 1, interval: 1000 } }, {}],
    ['a rate of each key', { limits: { by: 'user', concurrency: 4, max: 2, rate: { limit: 1, interval: 1000 } } }, {}],
    ['their own key', {}, { key: 'a' }],
    ['their own key, and their rate', { rate: { limit: 1, interval: 1000, by: 'user' } }, { key: 'a' }],
    ['a pause', { paused: true }, {}],
    ['a member', { size: 1 }, {}],
  ])('count what waits for %s towards "max"', async (_name, options, more) => {
    const { clock, pool, send } = limited({ limits: { by: 'user', concurrency: 4, max: 2 }, ...options })
    await clock.settle()
    const results = Promise.allSettled(
      Array.from({ length: 12 }, () => send({ user: 'a', ms: 100, other: 'x' } as Work, more)),
    )
    await clock.settle()
    expect(inspect(pool).waiting).toBe(2)
    stop(pool)
    await clock.settle()
    const dropped = (await results).filter(
      (result) => 'reason' in result && (result.reason as { reason?: string }).reason === 'max',
    )
    expect(dropped.length).toBeGreaterThanOrEqual(6)
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
      `at most 1 may begin in 24 h; 1 of 1 belongs to "${'x'.repeat(60)}…"; the next may begin in 24 h`,
    )
    expect(text.length).toBeLessThan(1000)
    await clock.advance(100)
    const { message } = ((await results)[1] as PromiseRejectedResult).reason as Error
    expect(message.length).toBeLessThan(1000)
    expect(message).toContain('the next may begin in 24 h')
  })

  const both = { limits: { by: 'user', concurrency: 1, max: 1 }, broker: { client: { type: 'drop', max: 2 } } } as const

  it('say whether a key or the queue was full, and both if it was both', async () => {
    const { clock, pool, send } = limited({ ...both, size: 1 })
    const drops = () => explain(pool).findings.find(({ finding }) => finding === 'drops')!
    const told = (call: Promise<unknown>) =>
      call.then(
        () => 'served',
        ({ message }: Error) => message,
      )
    const ofKey = ['a', 'a', 'a'].map((user) => told(send({ user, ms: 10 })))
    await clock.settle()
    expect(drops().says).toContain('because as many of one key waited as "limits.max" allows (1)')
    expect(drops()).toMatchObject({ option: 'limits.max', advice: expect.stringMatching(/raise "limits\.max"\.$/) })
    const ofQueue = ['b', 'c'].map((user) => told(send({ user, ms: 10 })))
    await clock.settle()
    expect(drops().says).toContain('the queue was full, or as many of one key waited as "limits.max" allows (1)')
    expect(drops().advice).toContain(
      'raise "limits.max". If only short bursts fill the queue, raise "broker.client.max".',
    )
    await clock.advance(50)
    expect((await ofKey[2])!).toContain('as many of one key waited as "limits.max" allows (1).')
    expect((await ofQueue[1])!).toContain('the queue was full.')
    expect((await ofQueue[1])!).not.toContain('limits.max')
  })

  it('say that a more urgent message of its key came', async () => {
    const { clock, pool } = limited({ ...both, size: 1 })
    const send = (priority: number) => call(pool, { type: 'work', user: 'a', ms: 10 } as never, { priority })
    const results = Promise.allSettled([send(0), send(0), send(1)])
    await clock.settle()
    const says = 'as many of one key waited as "limits.max" allows (1), and more urgent ones of it came'
    const drops = explain(pool).findings.find(({ finding }) => finding === 'drops')!
    expect(drops).toMatchObject({ option: 'limits.max', says: expect.stringContaining(says) })
    await clock.advance(50)
    const { reason } = (await results)[1] as PromiseRejectedResult
    expect(reason).toMatchObject({ reason: 'priority', message: expect.stringContaining(`${says}.`) })
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
      const thrown = { code: 'ERR_GENPOOL_INVALID', cause: { message: 'no tenants here' } }
      expect(error).toMatchObject({ reason: 'rate', retryAfterMs: undefined, cause: thrown })
      expect((error as Error).message).toContain(
        'the limits have changed while it waited: the function "by" threw: no tenants here. A retry is refused',
      )
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
      'gold',
      'free',
      'gold',
      'gold',
      'free',
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
    ).toThrow('at limits.weight: the fair queue has another key')
  })
})
