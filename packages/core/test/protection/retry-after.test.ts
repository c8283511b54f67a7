import { spawnBroker } from '@genpool/broker'
import { call, cast, definePool, DroppedError, onEvent, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'

const Work = definePool({
  calls: {
    work: async (msg: { ms: number }) => {
      await clock.wait(msg.ms)
      return reply('done')
    },
    compute: () => {
      clock.block(100)
      return reply('done')
    },
    batch: {
      batch: 10,
      handle: async (messages: readonly object[]) => {
        await clock.wait(100)
        return reply(messages.map(() => 'done'))
      },
    },
  },
  casts: { note: () => undefined as never },
})
const spawned = (options: PoolOptions) => spawnPool(system, Work, undefined, { clock, timeout: Infinity, ...options })
type Pool = ReturnType<typeof spawned>

/** Sends so many; returns why they were not served as they are dropped. */
const sends = (pool: Pool, count: number, ms = 100, options: object = {}): DroppedError[] => {
  const drops: DroppedError[] = []
  for (let i = 0; i < count; i++) {
    call(pool, { type: 'work', ms }, options).catch((error: unknown) => {
      if (error instanceof DroppedError) drops.push(error)
    })
  }
  return drops
}
const facts = (drops: readonly DroppedError[]): unknown[] => drops.map((drop) => [drop.reason, drop.retryAfterMs])

describe('retryAfterMs of a drop', () => {
  it('is when what waits will have been served: requests that wait, times the measured time of a run', async () => {
    const pool = spawned({ size: 1, broker: { client: { type: 'drop', max: 5 } } })
    sends(pool, 1)
    await clock.advance(200)
    const drops = sends(pool, 7)
    await clock.advance(0)
    expect(facts(drops)).toEqual([['max', 500]])
    expect(drops[0]!.message).toContain('Retry in 500 ms')
  })

  it('is less where several members serve', async () => {
    const pool = spawned({ size: 4, broker: { client: { type: 'drop', max: 20 } } })
    sends(pool, 4)
    await clock.advance(200)
    const drops = sends(pool, 25)
    await clock.advance(0)
    expect(facts(drops)).toEqual([['max', 500]])
  })

  it('is not less where handlers never await: they run one after the other, however many members there are', async () => {
    const pool = spawned({ size: 4, broker: { client: { type: 'drop', max: 20 } } })
    const ask = (): Promise<unknown> => call(pool, { type: 'compute' }).catch((error: unknown) => error)
    await Promise.all([ask(), ask(), clock.advance(1)])
    const answers = Array.from({ length: 25 }, ask)
    await clock.advance(1)
    expect(facts((await Promise.all(answers)).filter((answer) => answer instanceof DroppedError))).toEqual([
      ['max', 2000],
    ])
  })

  it('is the time until a member is free where nobody may wait', async () => {
    const pool = spawned({ size: 2, broker: { client: { type: 'drop', max: 0 } } })
    sends(pool, 2)
    await clock.advance(200)
    const drops = sends(pool, 3)
    await clock.advance(0)
    expect(facts(drops)).toEqual([['max', 50]])
  })

  it('is not there while nothing has been measured', async () => {
    const pool = spawned({ size: 1, broker: { client: { type: 'drop', max: 1 } } })
    const drops = sends(pool, 3)
    await clock.advance(0)
    expect(facts(drops)).toEqual([['max', undefined]])
  })

  it('grows while handlers hang', async () => {
    const pool = spawned({ size: 1, broker: { client: { type: 'drop', max: 2 } } })
    sends(pool, 1)
    await clock.advance(200)
    sends(pool, 3, 60_000)
    await clock.advance(3000)
    const drops = sends(pool, 1)
    await clock.advance(0)
    expect(facts(drops)).toEqual([['max', 6000]])
  })

  it('counts each message of a batch', async () => {
    const pool = spawned({ size: 1, broker: { client: { type: 'drop', max: 50 } } })
    const drops: DroppedError[] = []
    for (let i = 0; i < 60; i++) {
      for (let n = 0; n < 15; n++) {
        call(pool, { type: 'batch' }).catch((error: unknown) => error instanceof DroppedError && drops.push(error))
      }
      await clock.advance(100)
    }
    // 100 are served in a second.
    const last = drops.at(-1)!.retryAfterMs!
    expect([last >= 450, last <= 600]).toEqual([true, true])
  })

  it.each<[string, PoolOptions]>([
    ['timeout', { broker: { client: { type: 'timeout', timeout: 150 } } }],
    ['codel', { broker: { client: { type: 'codel', target: 10, interval: 100 } } }],
  ])('is there for the reason %s', async (reason, options) => {
    const pool = spawned({ size: 1, ...options })
    sends(pool, 1)
    await clock.advance(200)
    const drops = sends(pool, 10)
    await clock.advance(1000)
    expect(new Set(drops.map((drop) => drop.reason))).toEqual(new Set([reason]))
    for (const { retryAfterMs, queueLength } of drops) expect(retryAfterMs).toBe(Math.max(1, queueLength) * 100)
  })

  it('is there for the reason priority', async () => {
    const pool = spawned({ size: 1, broker: { client: { type: 'drop', max: 3 } } })
    sends(pool, 1)
    await clock.advance(200)
    const drops = sends(pool, 4)
    sends(pool, 1, 100, { priority: 1 })
    await clock.advance(0)
    expect(facts(drops)).toEqual([['priority', 200]])
  })

  it('is there for the reason budget', async () => {
    const pool = spawned({ size: 1 })
    for (let i = 0; i < 40; i++) {
      sends(pool, 1)
      await clock.advance(101)
    }
    sends(pool, 1)
    const drops = sends(pool, 1, 100, { timeout: 130 })
    await clock.advance(110)
    expect(facts(drops)).toEqual([['budget', 100]])
  })

  it('is there for the reason throttled: not before the throttle forgets what was refused', async () => {
    const pool = spawned({
      size: 1,
      throttle: { min: 5, within: 10_000 },
      broker: { client: { type: 'drop', max: 30 } },
      random: () => 0,
    })
    sends(pool, 1)
    await clock.advance(200)
    const drops = sends(pool, 100)
    await clock.advance(0)
    const throttled = sends(pool, 1)
    await clock.advance(0)
    expect(drops.some(({ reason }) => reason === 'max')).toBe(true)
    expect(facts(throttled)).toEqual([['throttled', 3000]])
    stop(pool as never)
  })

  it('is told to those who watch, and by cast', async () => {
    const pool = spawned({ size: 1, broker: { client: { type: 'drop', max: 2 } } })
    const told: unknown[] = []
    const off = onEvent('genpool:drop', ({ reason, retryAfterMs }) => void told.push([reason, retryAfterMs]), { pool })
    sends(pool, 1)
    await clock.advance(200)
    sends(pool, 3)
    const result = cast(pool, { type: 'note' } as never)
    await clock.settle()
    off()
    expect(result).toMatchObject({ ok: false, error: { reason: 'max', retryAfterMs: 200 } })
    expect(told).toEqual([['max', 200]])
  })

  describe('beside a rate or a back-off', () => {
    const Guest = definePool({
      calls: {
        work: async ({ wait = 0 }: { user?: string | undefined; wait?: number }, _state, ctx) => {
          await clock.wait(10)
          if (wait > 0) ctx.backOff(wait)
          return reply('done')
        },
      },
    })
    const guests = (options: PoolOptions) =>
      spawnPool(system, Guest, undefined, { clock, size: 1, timeout: Infinity, ...options })
    const dropped = async (pool: ReturnType<typeof guests>, user?: string): Promise<unknown> => {
      const failure = call(pool, { type: 'work', user }).catch((error: unknown) => error)
      await clock.settle()
      return (await failure) as DroppedError
    }
    const full = { broker: { client: { type: 'drop', max: 1, dropFrom: 'tail' } } } as const

    it('is not before a back-off ends', async () => {
      const pool = guests(full)
      const first = call(pool, { type: 'work', wait: 700 })
      await clock.advance(20)
      await first
      void call(pool, { type: 'work' })
      expect(await dropped(pool)).toMatchObject({ reason: 'max', retryAfterMs: 690 })
      await clock.advance(2000)
    })

    it('is not before the back-off of its key ends, and says nothing of it for others', async () => {
      const limits = { by: 'user', max: 1 } as const
      const pool = guests({ limits })
      const first = call(pool, { type: 'work', user: 'a', wait: 700 })
      await clock.advance(20)
      await first
      void call(pool, { type: 'work', user: 'a' })
      expect(await dropped(pool, 'a')).toMatchObject({ retryAfterMs: 690 })
      void call(pool, { type: 'work', user: 'c' })
      void call(pool, { type: 'work', user: 'b' })
      expect(await dropped(pool, 'b')).toMatchObject({ retryAfterMs: 20 })
      await clock.advance(2000)
    })

    it('is not before the rate lets one begin', async () => {
      const pool = guests({ ...full, rate: { limit: 1, interval: 500 } })
      const first = call(pool, { type: 'work' })
      await clock.advance(100)
      await first
      void call(pool, { type: 'work' })
      expect(await dropped(pool)).toMatchObject({ retryAfterMs: 400 })
      await clock.advance(2000)
    })

    it('is not before the rate of a shared broker lets one begin', async () => {
      const broker = spawnBroker(system, { ...full.broker, rate: { limit: 1, interval: 500 }, clock }, 'shared')
      const pool = guests({ broker })
      const first = call(pool, { type: 'work' })
      await clock.advance(100)
      await first
      void call(pool, { type: 'work' })
      expect(await dropped(pool)).toMatchObject({ retryAfterMs: 400 })
      await clock.advance(2000)
    })
  })

  it.each<[string, PoolOptions]>([
    ['a rate', { rate: { limit: 1, interval: 500 } }],
    ['a rate for each key', { rate: { limit: 1, interval: 500, by: 'ms' } }],
    ['the rate of limits', { limits: { by: 'ms', rate: { limit: 1, interval: 500 } } }],
  ])('is when %s opens again, also for the last one that waited', async (_, options) => {
    const pool = spawned({ size: 2, broker: { client: { type: 'timeout', timeout: 50 } }, ...options })
    const drops = sends(pool, 4, 1)
    await clock.advance(100)
    expect(facts(drops)).toEqual([
      ['timeout', 450],
      ['timeout', 450],
      ['timeout', 450],
    ])
  })
})
