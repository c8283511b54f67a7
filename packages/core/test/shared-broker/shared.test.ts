import { changeConfig, length, lengthR, spawnBroker } from '@genpool/broker'
import {
  call,
  configure,
  definePool,
  drain,
  explain,
  inspect,
  OptionsError,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { stop } from 'nact'
import { setUp } from './set-up'
import { system } from '../virtual-system'

describe('a broker that several pools share', () => {
  it('serves the requests of each with the idle members of all', async () => {
    const { clock, broker, pool } = setUp()
    const [a, b] = [pool('a'), pool('b')]
    const calls = Promise.all([
      call(a, { type: 'work', ms: 10 }),
      call(a, { type: 'work', ms: 10 }),
      call(a, { type: 'work', ms: 10 }),
    ])
    expect(length(broker)).toBe(1)
    expect(inspect(a)).toMatchObject({ waiting: 1 })
    await clock.advance(30)
    expect((await calls).sort()).toEqual(['a', 'a', 'b'])
    expect(lengthR(broker)).toBe(2)
    expect(inspect(a).outcomes.replied).toBe(3)
    expect(inspect(b)).toMatchObject({ accepted: 0, members: { idle: 1, busy: 0 } })
  })

  it('drops, expires and cancels with the typed errors of the pool', async () => {
    const { clock, pool } = setUp({ client: { type: 'drop', max: 2 } })
    const a = pool('a')
    const controller = new AbortController()
    const results = Promise.allSettled([
      call(a, { type: 'work', ms: 100 }),
      call(a, { type: 'work', ms: 1 }, { timeout: 20 }),
      call(a, { type: 'work', ms: 1 }, { signal: controller.signal }),
      call(a, { type: 'work', ms: 1 }),
    ])
    controller.abort()
    await clock.advance(200)
    const outcomes = (await results).map((result) =>
      result.status === 'fulfilled' ? result.value : result.reason.code,
    )
    expect(outcomes).toEqual(['a', 'ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_CANCELLED', 'ERR_GENPOOL_DROPPED'])
    expect(clock.timers).toBe(0)
  })

  it('serves the messages of one key one at a time across pools, and continues after a crash', async () => {
    const { clock, served, pool } = setUp()
    const [a, b] = [pool('a', 2), pool('b', 2)]
    const results = Promise.allSettled([
      call(a, { type: 'work', ms: 10, fails: true }, { key: 'k' }),
      call(b, { type: 'work', ms: 10 }, { key: 'k' }),
    ])
    await clock.advance(5)
    expect(served).toHaveLength(1)
    await clock.advance(20)
    expect((await results).map((result) => result.status)).toEqual(['rejected', 'fulfilled'])
  })

  it('lets one pool drain without the others', async () => {
    const { clock, broker, pool } = setUp()
    const [a, b] = [pool('a'), pool('b')]
    const busy = [
      call(a, { type: 'work', ms: 10 }),
      call(b, { type: 'work', ms: 10 }),
      call(a, { type: 'work', ms: 10 }),
    ]
    const drained = drain(a)
    await clock.advance(50)
    await drained
    await Promise.all(busy)
    expect(findActor(a as never)).toBeUndefined()
    expect(lengthR(broker)).toBe(1)
    const again = call(b, { type: 'work', ms: 1 })
    await clock.advance(10)
    expect(await again).toBe('b')
  })

  it('holds its rate over all pools together, and each pool shows it', async () => {
    const { clock, served, broker, pool } = setUp({ rate: { limit: 2, interval: 100 } })
    const [a, b] = [pool('a', 4), pool('b', 4)]
    const calls = Promise.all([a, b, a, b, a].map((to) => call(to, { type: 'work', ms: 1 })))
    await clock.advance(50)
    expect(served).toHaveLength(2)
    for (const each of [a, b]) {
      expect(inspect(each).rate).toMatchObject({ waiting: 3, used: 2, opensInMs: 50 })
      expect(explain(each).findings[0]).toMatchObject({ finding: 'rate', option: 'rate.limit' })
    }
    expect(explain(a).findings[0]?.advice).toContain('of the shared broker, with "changeConfig",')
    await clock.advance(50)
    expect(served).toHaveLength(4)
    changeConfig(broker, {})
    await clock.advance(5)
    expect(await calls).toHaveLength(5)
    expect(inspect(a).rate).toBeUndefined()
  })

  it('holds its limits per key over all pools together, by what the messages say, and goes on after a crash', async () => {
    const { clock, served, pool } = setUp({ limits: { by: 'ms', concurrency: 1 } })
    const [a, b] = [pool('a', 4), pool('b', 4)]
    const results = Promise.allSettled([
      call(a, { type: 'work', ms: 10, fails: true }),
      call(b, { type: 'work', ms: 10 }),
      call(b, { type: 'work', ms: 20 }),
    ])
    await clock.advance(5)
    expect(served).toHaveLength(2)
    expect(inspect(b).limits).toMatchObject({ waiting: 1, key: 10, running: 1 })
    await clock.advance(50)
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  })

  it('takes turns by what the messages say', async () => {
    const { clock, pool } = setUp({ client: { type: 'fair', by: { property: 'ms' } } })
    const a = pool('a', 1)
    const done: number[] = []
    const all = [10, 10, 10, 20].map((ms) => call(a, { type: 'work', ms }).then(() => done.push(ms)))
    await clock.advance(100)
    await Promise.all(all)
    expect(done).toEqual([10, 10, 20, 10])
  })

  it('gives the place of a call that is aborted before it runs to the next', async () => {
    const { clock, served, pool } = setUp({ rate: { limit: 1, interval: 100, cost: 'ms' } })
    const a = pool('a', 2)
    await ready(a)
    const controller = new AbortController()
    const gone = call(a, { type: 'work', ms: 1 }, { signal: controller.signal })
    controller.abort()
    await expect(gone).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    const next = call(a, { type: 'work', ms: 1 })
    await clock.advance(5)
    expect([await next, served.length]).toEqual(['a', 1])
    await expect(call(a, { type: 'work', ms: 2 })).rejects.toThrow('no more than 1 may ever begin at once')
  })

  it('forgets a call that its rate holds when that is aborted, and begins the next', async () => {
    const { clock, served, broker, pool } = setUp({ rate: { limit: 3, interval: 100, cost: 'ms' } })
    const [a, b] = [pool('a', 2), pool('b', 2)]
    const abort = new AbortController()
    const results = Promise.allSettled([
      call(a, { type: 'work', ms: 3 }),
      call(a, { type: 'work', ms: 3 }, { signal: abort.signal }),
      call(b, { type: 'work', ms: 0 }),
    ])
    await clock.advance(10)
    expect([served.length, inspect(a).waiting]).toEqual([1, 1])
    abort.abort()
    await clock.advance(0)
    expect([served.length, length(broker)]).toEqual([2, 0])
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await clock.advance(200)
    expect(served).toHaveLength(2)
  })

  it('begins nothing of a pool that stops, and the next of another', async () => {
    const { clock, served, pool } = setUp({ rate: { limit: 3, interval: 100, cost: 'ms' } })
    const [a, b] = [pool('a', 2), pool('b', 2)]
    const results = Promise.allSettled([
      call(b, { type: 'work', ms: 3 }),
      call(a, { type: 'work', ms: 3 }),
      call(a, { type: 'work', ms: 0 }),
      call(b, { type: 'work', ms: 0 }),
    ])
    await clock.advance(10)
    expect(served).toHaveLength(1)
    stop(a as never)
    await clock.advance(10)
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(served).toHaveLength(2)
  })

  describe('in which a member of one pool crashed with a request of another, that runs again', () => {
    /** Pool a is busy, a member of b has crashed with a call to a, and the rate holds that call. */
    const crashed = async () => {
      const clock = virtualClock()
      const runs: string[] = []
      const Work = definePool({
        calls: {
          work: async ({ ms }: { ms: number }) => {
            await clock.wait(ms)
            return reply('done')
          },
          crashOnce: (_message: object, _state, ctx) => {
            runs.push(ctx.name)
            if (runs.length === 1) throw new Error('once')
            return reply('done')
          },
        },
      })
      const broker = spawnBroker(system, { clock, rate: { limit: 2, interval: 100 } }, 'broker')
      const options = { broker, clock, size: 1, retryOnCrash: { crashOnce: 2 } }
      const [a, b] = [spawnPool(system, Work, 'a', options), spawnPool(system, Work, 'b', options)]
      const busy = call(a, { type: 'work', ms: 1000 }).catch(() => 'stopped')
      const abort = new AbortController()
      const again = call(a, { type: 'crashOnce' }, { signal: abort.signal, timeout: 500 }).then(
        (value) => value,
        ({ code }: { code: string }) => code,
      )
      await clock.advance(10)
      expect([runs, length(broker)]).toEqual([['b'], 1])
      return { clock, broker, runs, a, b, busy, abort, again }
    }

    it('counts it where it came to, and runs it again', async () => {
      const { clock, runs, a, b, busy, again } = await crashed()
      expect([inspect(a).waiting, inspect(b).waiting]).toEqual([1, 0])
      await clock.advance(1000)
      expect([await again, await busy, runs]).toEqual(['done', 'done', ['b', 'b']])
    })

    it('takes it back when it is aborted', async () => {
      const { clock, broker, runs, abort, again } = await crashed()
      abort.abort()
      expect([await again, length(broker)]).toEqual(['ERR_GENPOOL_CANCELLED', 0])
      await clock.advance(1000)
      expect(runs).toHaveLength(1)
    })

    it('fails it when its own pool stops', async () => {
      const { clock, broker, runs, a, again } = await crashed()
      stop(a as never)
      await clock.advance(1000)
      expect([await again, length(broker), runs]).toEqual(['ERR_GENPOOL_STOPPED', 0, ['b']])
    })

    it('keeps it in its own pool if the pool of that member drains', async () => {
      const { clock, runs, b, again } = await crashed()
      const drained = drain(b)
      await clock.advance(1010)
      await drained
      expect([await again, runs]).toEqual(['ERR_GENPOOL_EXPIRED', ['b']])
    })
  })

  it('has the rate and the limits: a pool with its own is refused, and told where they belong', () => {
    const { pool } = setUp()
    const a = pool('a')
    expect(() => configure(a, { rate: { limit: 1 } })).toThrow('changeConfig(broker, { rate })')
    expect(() => configure(a, { limits: { by: 'ms' } })).toThrow(
      'Give it to the broker: spawnBroker(parent, { limits })',
    )
  })

  it('is configured directly, not through a pool', () => {
    const { broker, pool } = setUp()
    const a = pool('a')
    expect(() => configure(a, { broker: { budget: false } })).toThrow(OptionsError)
    expect(changeConfig(broker, { budget: false }).map((change) => change.path)).toEqual(['budget'])
  })

  it('stops its pools when it stops, and they say why', async () => {
    const { clock, broker, pool } = setUp()
    const a = pool('a')
    await ready(a)
    const [running, waiting] = [call(a, { type: 'work', ms: 10 }), call(a, { type: 'work', ms: 10 })].map((promise) =>
      promise.catch((error: { code: string }) => error.code),
    )
    stop(broker)
    await clock.advance(20)
    expect(await waiting).toBe('ERR_GENPOOL_STOPPED')
    expect(await running).toMatch(/^a$|ERR_GENPOOL_STOPPED/)
    expect(await call(a, { type: 'work', ms: 1 }).catch((error: { code: string }) => error.code)).toBe(
      'ERR_GENPOOL_STOPPED',
    )
  })
})
