import { call, definePool, inspect, ready, resize, spawnPool } from '@genpool/core'
import * as nact from 'nact'
import { clock, system } from '../virtual-system'
import { spawn, failure, written, count } from './written'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors and senders */
describe('restart intensity', () => {
  const limits = { restart: { intensity: 2, within: 1000 } } as const

  it('allows its number of crashes within its window, and forgets old ones', async () => {
    const { pool } = written(limits)
    for (let i = 0; i < 10; i++) {
      await failure(call(pool, { type: 'crash' }))
      await clock.advance(501)
    }
    expect(await call(pool, { type: 'who' })).toBe('member-1.11')
  })

  it('if it is exceeded, the pool stops and waiting callers get the reason', async () => {
    const { pool, log } = written(limits)
    const answers = ['crash', 'crash', 'crash', 'who', 'who'].map((type) => failure(call(pool, { type } as never)))
    const errors = await Promise.all(answers)
    expect(errors.map((error) => error.code)).toEqual([
      ...Array.from({ length: 3 }, () => 'ERR_GENPOOL_CRASHED'),
      ...Array.from({ length: 2 }, () => 'ERR_GENPOOL_STOPPED'),
    ])
    expect(errors[4]).toMatchObject({ started: false, cause: { cause: { message: 'boom' } } })
    expect(errors[4].message).toMatch(/more than 2 members crashed within 1000 ms: boom/)
    expect(inspect(pool).phase).toBe('stopped')
    expect(await failure(call(pool, { type: 'who' }))).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(await failure(ready(pool)).catch(() => 'was ready')).toBeDefined()
    expect([count(log, 'init'), count(log, 'terminate')]).toEqual([3, 3])
    expect(clock.timers).toBe(0)
  })

  it('does not count members that end normally, are recycled, resized or stuck', async () => {
    const { pool } = written({
      restart: { intensity: 0 },
      recycle: { afterMessages: 2, jitter: 0 },
      stuckAfter: 100,
      size: 2,
    })
    await call(pool, { type: 'end', reason: 'normal' })
    await call(pool, { type: 'end', reason: 'shutdown' })
    for (let i = 0; i < 9; i++) await call(pool, { type: 'who' })
    const stuck = failure(call(pool, { type: 'hang' }))
    await clock.advance(200)
    expect(await stuck).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    resize(pool, 1)
    resize(pool, 2)
    expect(inspect(pool).phase).toBe('running')
    expect(await call(pool, { type: 'end', reason: 'a fault' })).toBe('ended')
    expect(inspect(pool).phase).toBe('stopped')
  })

  it.each(['normal', 'shutdown', 'resized', 'recycled', 'reset', 'stuck'])(
    'counts a member whose handler throws %j, which is no other reason to end',
    async (cause) => {
      const { pool } = written({ restart: { intensity: 1 } })
      expect(await failure(call(pool, { type: 'raise', cause }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause })
      expect(inspect(pool).phase).toBe('running')
      await failure(call(pool, { type: 'raise', cause }))
      expect(inspect(pool).phase).toBe('stopped')
    },
  )

  it.each(['resized', 'recycled', 'reset', 'stuck', 'a fault', undefined])(
    'counts a member that halts with the reason %j',
    async (reason) => {
      const { pool } = written({ restart: { intensity: 0 } })
      await call(pool, { type: 'end', reason })
      expect(inspect(pool).phase).toBe('stopped')
    },
  )

  it('escalates to a plain parent, whose onCrash gets the pool and the cause; with any decision the pool ends', async () => {
    const told: any[] = []
    const parent = spawn(system, () => undefined, 'parent', {
      onCrash: (_message: unknown, error: Error, ctx: any, child: any) => {
        told.push([error.message, child?.name])
        return ctx.resume
      },
    })
    const pool = spawnPool(
      parent,
      definePool({
        calls: {
          crash: () => {
            throw new Error('boom')
          },
        },
      }),
      'pool',
      { size: 1, restart: { intensity: 0 } },
    )
    await failure(call(pool, { type: 'crash' }))
    await clock.settle()
    expect(told).toEqual([[expect.stringContaining('boom'), 'pool']])
    expect(inspect(pool).phase).toBe('stopped')
    expect(nact.dispatch(parent, 'still there')).toBeUndefined()
  })

  it('escalates to a parent pool, which continues', async () => {
    const upper = written()
    const Fragile = definePool({
      calls: {
        crash: () => {
          throw new Error('boom')
        },
      },
    })
    const lower = spawnPool(upper.pool, Fragile, 'lower', { size: 1, restart: { intensity: 0 } })
    await failure(call(lower, { type: 'crash' }))
    expect(inspect(lower).phase).toBe('stopped')
    expect(await call(upper.pool, { type: 'who' })).toBe('member-1.1')
  })
})
