import { getEventListeners } from 'node:events'
import { call, type CallOptions, definePool, getState, inspect, reply, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

const spawned = (options = {}) => {
  const run: string[] = []
  const signals: AbortSignal[] = []
  const Work = definePool({
    init: () => ({ done: [] as string[] }),
    calls: {
      work: async (msg: { name: string; ms: number }, _state, ctx) => {
        run.push(msg.name)
        signals.push(ctx.signal)
        await clock.wait(msg.ms)
        return reply(msg.name, (draft) => void draft.done.push(msg.name))
      },
      left: (_message, _state, ctx) => reply(ctx.remainingMs),
      block: (msg: { ms: number }, state) => {
        clock.block(msg.ms)
        return reply('blocked', { done: [...state.done, 'blocked'] })
      },
    },
  })
  return {
    run,
    signals,
    pool: spawnPool(system, Work, 'pool', { size: 1, clock, broker: { budget: false }, ...options }),
  }
}
type Pool = ReturnType<typeof spawned>['pool']
const work = (pool: Pool, name: string, ms: number, options: CallOptions = {}): Promise<unknown> =>
  call(pool, { type: 'work', name, ms }, options).catch((error: { code: string; started?: boolean }) => [
    error.code,
    error.started,
  ])

describe('one signal for many calls', () => {
  it('has one listener for all calls, cancels all of them, and has no listener after the last', async () => {
    const { pool } = spawned({ size: 2 })
    const controller = new AbortController()
    const { signal } = controller
    const results = Array.from({ length: 100 }, (_, i) => work(pool, `call ${i}`, 10, { signal }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await clock.advance(100)
    controller.abort()
    const outcomes = await Promise.all(results)
    const failed = outcomes.filter((outcome): outcome is unknown[] => Array.isArray(outcome))
    expect(failed.length).toBeGreaterThan(50)
    expect(failed.every(([code]) => code === 'ERR_GENPOOL_CANCELLED')).toBe(true)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('has no listener after the last call was answered', async () => {
    const { pool } = spawned({ size: 2 })
    const { signal } = new AbortController()
    const results = Array.from({ length: 20 }, (_, i) => work(pool, `call ${i}`, 10, { signal }))
    await clock.advance(1000)
    expect(await Promise.all(results)).toHaveLength(20)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('a deadline', () => {
  it('counts waiting and running together', async () => {
    const { pool } = spawned()
    const results = [work(pool, 'a', 40), work(pool, 'b', 80, { timeout: 100 }), work(pool, 'c', 60, { timeout: 200 })]
    await clock.advance(300)
    expect(await Promise.all(results)).toEqual(['a', ['ERR_GENPOOL_EXPIRED', true], 'c'])
    expect(getState(pool).done).toEqual(['a', 'c'])
  })

  it('that passes while a request waits removes it from the queue at once; it is never run', async () => {
    const { pool, run } = spawned()
    const results = [work(pool, 'a', 100), work(pool, 'b', 1, { timeout: 30 })]
    await clock.advance(35)
    expect(inspect(pool)).toMatchObject({ waiting: 0 })
    expect(await results[1]).toEqual(['ERR_GENPOOL_EXPIRED', false])
    await clock.advance(200)
    expect(run).toEqual(['a'])
  })

  it('that passes while a request runs aborts ctx.signal, and the late commit is refused', async () => {
    const { pool, signals } = spawned()
    const result = work(pool, 'a', 100, { timeout: 50 })
    await clock.advance(45)
    expect(signals[0]?.aborted).toBe(false)
    await clock.advance(10)
    expect(signals[0]?.aborted).toBe(true)
    expect(signals[0]?.reason).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    expect(await result).toEqual(['ERR_GENPOOL_EXPIRED', true])
    await clock.advance(100)
    expect(getState(pool).done).toEqual([])
    expect(inspect(pool)).toMatchObject({ members: { idle: 1, busy: 0 } })
  })

  it('counts although no timer can fire: a handler that blocks past it commits nothing, and requests that expire meanwhile are not run', async () => {
    const { pool, run } = spawned()
    const blocked = call(pool, { type: 'block', ms: 300 }, { timeout: 200 }).catch(
      (error: { code: string }) => error.code,
    )
    const [after, later] = [work(pool, 'a', 1, { timeout: 250 }), work(pool, 'b', 1, { timeout: 1000 })]
    await clock.advance(10)
    await clock.advance(10)
    expect(await blocked).toBe('ERR_GENPOOL_EXPIRED')
    expect(await after).toEqual(['ERR_GENPOOL_EXPIRED', false])
    expect(await later).toBe('b')
    expect(run).toEqual(['b'])
    expect(getState(pool).done).toEqual(['b'])
  })

  it('is 5 s by default', async () => {
    const { pool } = spawned()
    const result = work(pool, 'a', 10_000)
    await clock.advance(4990)
    expect(inspect(pool).outcomes.expired).toBe(0)
    await clock.advance(20)
    expect(await result).toEqual(['ERR_GENPOOL_EXPIRED', true])
  })

  it('can be far away or infinite, and the handler sees how much is left', async () => {
    const { pool } = spawned()
    for (const timeout of [2 ** 31 - 1, 2 ** 31, 2 ** 40, Infinity]) {
      expect(await call(pool, { type: 'left' }, { timeout })).toBe(timeout)
    }
    const waiting = work(pool, 'a', 2 ** 31 + 500, { timeout: 2 ** 31 + 1000 })
    await clock.advance(2 ** 31 + 600)
    expect(await waiting).toBe('a')
    await clock.settle()
    expect(clock.timers).toBe(0)
  })

  it('of 0 has passed at once; an invalid one is refused with the reason', async () => {
    const { pool, run } = spawned()
    expect(await work(pool, 'a', 1, { timeout: 0 })).toEqual(['ERR_GENPOOL_EXPIRED', false])
    for (const timeout of [NaN, -1, '5' as never, null as never]) {
      await expect(call(pool, { type: 'left' }, { timeout })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_OPTIONS',
        message: expect.stringContaining('expected milliseconds >= 0 or Infinity'),
      })
    }
    expect(run).toEqual([])
  })
})

describe('an AbortSignal', () => {
  it('that is already aborted cancels at once; one that aborts during the wait frees the place; during the run, the commit is refused', async () => {
    const { pool, run, signals } = spawned()
    const controllers = [0, 1, 2].map(() => new AbortController())
    controllers[0]?.abort('too early')
    const results = [
      work(pool, 'before', 1, { signal: controllers[0]!.signal }),
      work(pool, 'running', 50, { signal: controllers[1]!.signal }),
      work(pool, 'waiting', 1, { signal: controllers[2]!.signal }),
    ]
    await clock.advance(10)
    controllers[2]?.abort()
    expect(inspect(pool).waiting).toBe(0)
    controllers[1]?.abort(new Error('changed my mind'))
    expect(await Promise.all(results)).toEqual([
      ['ERR_GENPOOL_CANCELLED', false],
      ['ERR_GENPOOL_CANCELLED', true],
      ['ERR_GENPOOL_CANCELLED', false],
    ])
    expect(signals[0]?.aborted).toBe(true)
    await clock.advance(100)
    expect(run).toEqual(['running'])
    expect(getState(pool).done).toEqual([])
  })

  it('that aborts afterwards does nothing, and has no listener left', async () => {
    const { pool } = spawned()
    const controller = new AbortController()
    const result = work(pool, 'a', 10, { signal: controller.signal })
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    await clock.advance(20)
    expect(await result).toBe('a')
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    controller.abort()
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, cancelled: 0 })
  })

  it('of a handler cancels its calls to another pool', async () => {
    const inner = spawned()
    const Outer = definePool({
      init: () => 0,
      calls: {
        ask: async (_message, _state, ctx) =>
          reply(await call(inner.pool, { type: 'work', name: 'inner', ms: 1000 }, { signal: ctx.signal })),
      },
    })
    const outer = spawnPool(system, Outer, 'outer', { size: 1, clock })
    const result = call(outer, { type: 'ask' }, { timeout: 50 }).catch((error: { code: string }) => error.code)
    await clock.advance(60)
    expect(await result).toBe('ERR_GENPOOL_EXPIRED')
    expect(inner.signals[0]?.aborted).toBe(true)
    expect(inspect(inner.pool).outcomes.cancelled).toBe(1)
    expect(inspect(outer)).toMatchObject({ restarts: 0 })
  })
})

describe('the budget', () => {
  it('does not start a request that cannot finish in time', async () => {
    const { pool, run } = spawned({ broker: { budget: true } })
    for (let i = 0; i < 50; i++) {
      const warm = work(pool, `warm ${i}`, 20)
      await clock.advance(20)
      await warm
    }
    const results = [work(pool, 'a', 20), work(pool, 'b', 20, { timeout: 30 })]
    await clock.advance(100)
    expect(await results[1]).toEqual(['ERR_GENPOOL_DROPPED', undefined])
    expect(inspect(pool).drops).toEqual({ budget: 1 })
    expect(run).not.toContain('b')
  })
})
