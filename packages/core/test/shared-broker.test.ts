import { changeConfig, length, lengthR, spawnBroker } from '@genpool/broker'
import { call, configure, definePool, drain, inspect, OptionsError, ready, reply, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const setUp = (options = {}) => {
  const clock = virtualClock()
  const served: string[] = []
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number; fails?: boolean }, _state, ctx) => {
        served.push(ctx.name)
        await clock.wait(msg.ms)
        if (msg.fails === true) throw new Error('no')
        return reply(ctx.name)
      },
    },
  })
  const broker = spawnBroker(system, { ...options, clock }, 'broker')
  const pool = (name: string, size = 1) => spawnPool(system, Work, name, { size, broker, clock })
  return { clock, served, broker, pool }
}

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

describe('a drop by a broker that is an actor', () => {
  const retryAfter = (request: Promise<unknown>): Promise<unknown> =>
    request.catch(({ reason, retryAfterMs }: { reason: string; retryAfterMs: number }) => [reason, retryAfterMs])

  it('says when to try again: requests that wait, times the measured time between those that are served', async () => {
    const { clock, pool } = setUp({ client: { type: 'drop', max: 3 } })
    const [a] = [pool('a', 2), pool('b', 2)]
    const work = (): Promise<unknown> => retryAfter(call(a, { type: 'work', ms: 100 }))
    const first = Array.from({ length: 8 }, work)
    await clock.advance(1000)
    expect((await Promise.all(first)).filter(Array.isArray)).toEqual([['max', undefined]])
    const second = Array.from({ length: 8 }, work)
    await clock.advance(1000)
    const [[reason, ms]] = (await Promise.all(second)).filter(Array.isArray) as [[string, number]]
    // Four are served in 100 ms.
    expect([reason, ms >= 50, ms <= 150]).toEqual(['max', true, true])
  })

  it('does not count the time in which nobody waited', async () => {
    const { clock, pool } = setUp({ client: { type: 'drop', max: 3 } })
    const a = pool('a')
    const work = (): Promise<unknown> => retryAfter(call(a, { type: 'work', ms: 100 }))
    for (let i = 0; i < 3; i++) {
      const caller = new AbortController()
      void work()
      void call(a, { type: 'work', ms: 100 }, { signal: caller.signal }).catch(() => undefined)
      caller.abort()
      await clock.advance(60_000)
    }
    void Array.from({ length: 3 }, work)
    await clock.advance(1000)
    const asked = Array.from({ length: 5 }, work)
    await clock.advance(1000)
    expect((await Promise.all(asked)).filter(Array.isArray)).toEqual([['max', 300]])
  })
})
