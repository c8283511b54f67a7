import { call, cast, type Context, definePool, drain, type PoolOptions, ready, reply, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

let heard: boolean[] = []
const Copy = definePool({
  init: () => 0,
  calls: {
    copy: async (msg: { parts: number }, _state, ctx) => {
      for (let part = 1; part <= msg.parts; part++) {
        await clock.wait(10)
        heard.push(ctx.progress({ part }))
      }
      return reply('copied')
    },
    quick: (_msg, _state, ctx) => {
      heard.push(ctx.progress('half'), ctx.progress('all'))
      return reply('done')
    },
  },
  casts: { note: (_msg: object, _state, ctx) => void heard.push(ctx.progress('lost')) },
})
const spawned = (options: PoolOptions = {}) => {
  heard = []
  return spawnPool(system, Copy, 'pool', { size: 2, clock, timeout: Infinity, ...options })
}

describe('progress', () => {
  it('reaches the caller in order, while the handler runs', async () => {
    const pool = spawned()
    const told: unknown[] = []
    const asked = call(pool, { type: 'copy', parts: 3 }, { onProgress: (value) => told.push(value) })
    await clock.advance(20)
    expect(told).toEqual([{ part: 1 }, { part: 2 }])
    await clock.advance(10)
    expect(await asked).toBe('copied')
    expect(told).toEqual([{ part: 1 }, { part: 2 }, { part: 3 }])
  })

  it('is told before the answer, also by a handler that awaits nothing', async () => {
    const told: unknown[] = []
    const asked = call(spawned(), { type: 'quick' }, { onProgress: (value) => told.push(value) })
    void asked.then((value) => told.push(value))
    await clock.advance(0)
    expect(told).toEqual(['half', 'all', 'done'])
  })

  /** A callback that takes 0.5 ms of real time for each value: all together longer than the timeouts, which a slow machine needs. */
  const slowly = (told: unknown[]) => (value: unknown) => {
    told.push(value)
    for (const end = performance.now() + 0.5; performance.now() < end;);
  }
  const Telling = definePool({
    init: () => 0,
    calls: {
      tell: ({ n, then }: { n: number; then: 'answer' | 'hang' | 'throw' }, _state, ctx) => {
        for (let i = 0; i < n; i++) ctx.progress(i)
        if (then === 'throw') throw new Error('mine')
        return then === 'hang' ? new Promise<never>(() => undefined) : reply('done')
      },
    },
  })

  it.each([
    ['an answer', 'answer', 'done'],
    ['a crash', 'throw', 'ERR_GENPOOL_CRASHED'],
    ['a deadline', 'hang', 'ERR_GENPOOL_EXPIRED'],
  ] as const)('is all told before the promise settles, however much it is: %s', async (_, then, outcome) => {
    const pool = spawnPool(system, Telling, 'telling', { size: 1, state: 'isolated' })
    const told: unknown[] = []
    await ready(pool)
    const asked = call(pool, { type: 'tell', n: 3_000, then }, { timeout: 1000, onProgress: slowly(told) })
    const settled = await asked.catch((error: { code: string }) => error.code)
    expect([settled, told.length]).toEqual([outcome, 3_000])
  })

  it('does not let a call expire whose answer was there in time, and holds up no other call', async () => {
    const pool = spawnPool(system, Telling, 'telling', { size: 1, state: 'isolated' })
    const told: unknown[] = []
    const order: string[] = []
    const asked = call(pool, { type: 'tell', n: 3_000, then: 'answer' }, { timeout: 1000, onProgress: slowly(told) })
    const other = call(pool, { type: 'tell', n: 0, then: 'answer' }).then(() => order.push('other'))
    await Promise.all([asked.then(() => order.push('asked')), other])
    expect([order, told.length]).toEqual([['other', 'asked'], 3_000])
  })

  it('is all told, and the call answered, before the pool has drained', async () => {
    const pool = spawnPool(system, Telling, 'telling', { size: 1, state: 'isolated' })
    const told: unknown[] = []
    const asked = call(pool, { type: 'tell', n: 500, then: 'answer' }, { onProgress: slowly(told) })
    void asked.then(() => told.push('answered'))
    await drain(pool)
    expect([told.length, told.at(-1)]).toEqual([501, 'answered'])
  })

  it('is all told to each of those who share a run', async () => {
    const pool = spawnPool(system, Telling, 'telling', { size: 1, state: 'isolated' })
    const asks = [0, 1].map(async () => {
      const told: unknown[] = []
      await call(pool, { type: 'tell', n: 300, then: 'answer' }, { share: 'a', onProgress: slowly(told) })
      return told.length
    })
    expect(await Promise.all(asks)).toEqual([300, 300])
  })

  it('goes nowhere, and says so, without a caller who asks or after the caller has given up', async () => {
    const pool = spawned()
    const told: unknown[] = []
    void call(pool, { type: 'quick' })
    cast(pool, { type: 'note' })
    await clock.advance(0)
    expect(heard).toEqual([false, false, false])
    const late = call(pool, { type: 'copy', parts: 3 }, { timeout: 15, onProgress: (value) => told.push(value) })
    late.catch(() => undefined)
    await clock.advance(50)
    expect(told).toEqual([{ part: 1 }])
    expect(heard.slice(3)).toEqual([true, false, false])
  })

  it('is not told by a handler that was given up while its message runs again', async () => {
    const contexts: Context[] = []
    const Hanging = definePool({
      init: () => 0,
      calls: {
        work: async (_msg, _state, ctx) => {
          contexts.push(ctx)
          if (contexts.length === 1) throw new Error('once')
          await clock.wait(50)
          return reply('done')
        },
      },
    })
    const told: unknown[] = []
    const pool = spawnPool(system, Hanging, 'hanging', { size: 1, clock, retryOnCrash: { work: 1 } })
    const asked = call(pool, { type: 'work' }, { onProgress: (value) => told.push(value) })
    await clock.advance(10)
    expect([contexts[0]?.progress('old'), contexts[1]?.progress('new')]).toEqual([false, true])
    await clock.advance(50)
    expect(await asked).toBe('done')
    expect(told).toEqual(['new'])
  })

  it('works for plain nact functions', async () => {
    const pool = spawnPool(
      system,
      (state: number, _message: string, ctx: Context<number>) => {
        ctx.progress('half')
        ctx.from.reply('done')
        return state
      },
      'plain',
      { initialState: 0 },
    )
    const told: unknown[] = []
    expect(await call(pool, 'go', { onProgress: (value) => told.push(value) })).toBe('done')
    expect(told).toEqual(['half'])
  })

  it('reports an error of the callback, and the call goes on', async () => {
    const errors: unknown[] = []
    const pool = spawned({ onCallbackError: (error) => void errors.push(error) })
    const onProgress = (): Promise<void> => Promise.reject(new Error('mine'))
    const asked = call(pool, { type: 'quick' }, { onProgress: onProgress as () => void })
    await clock.advance(0)
    expect(await asked).toBe('done')
    expect(errors).toEqual([new Error('mine'), new Error('mine')])
    await expect(call(pool, { type: 'quick' }, { onProgress: 1 as never })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining('expected a function, got 1') as unknown,
    })
  })
})
