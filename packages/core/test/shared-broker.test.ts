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
