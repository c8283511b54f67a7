import { call, cast, type Context, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})

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
