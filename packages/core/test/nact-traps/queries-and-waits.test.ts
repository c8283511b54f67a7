import { call, cast, definePool, getState, noReply, reply, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { stop } from 'nact'
import { dispatch, query, spawnAny, spawnPoolAny, system, outcome, gate } from './alike'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain functions and nact's own types */
describe('what nact does and the pool does not do, of queries and waits', () => {
  it('14: with 200 000 queries in flight each gets its own answer', async () => {
    const pool = spawnPoolAny(
      system,
      (state: unknown, message: number, ctx: any) => {
        dispatch(ctx.sender, message)
        return state
      },
      'pool',
      { size: 8 },
    )
    const answers = await Promise.all(Array.from({ length: 200_000 }, (_, i) => query(pool, i, 60_000)))
    expect(answers.every((answer, i) => answer === i)).toBe(true)
    expect((findActor(system) as any).tempReferences.size).toBe(0)
  })

  describe('15: a query that timed out is still handled', () => {
    it('the pool: it is not', async () => {
      const clock = virtualClock()
      const handled: unknown[] = []
      const { wait, open } = gate()
      const pool = spawnPoolAny(
        system,
        async (state: unknown, message: unknown) => {
          handled.push(message)
          await wait
          return state
        },
        'pool',
        { clock },
      )
      const [first, second] = [outcome(query(pool, 'first', 1000)), outcome(query(pool, 'second', 50))]
      await clock.advance(60)
      expect(await second).toBe('ERR_GENPOOL_EXPIRED')
      open()
      await clock.advance(2000)
      expect(await first).toBe('ERR_GENPOOL_EXPIRED')
      expect(handled).toEqual(['first'])
    })
  })

  describe('17: Infinity and 2^31 time out at once', () => {
    it.each([2 ** 31, 2 ** 40, Infinity])('nact: %d', async (timeout) => {
      const { wait, open } = gate()
      const actor = spawnAny(system, async (state: unknown, message: unknown, ctx: any) => {
        await wait
        dispatch(ctx.sender, message)
        return state
      })
      expect(await outcome(query(actor, 1, timeout))).toBe('Query Timeout')
      open()
    })
    it.each([2 ** 31 - 1, 2 ** 31, 2 ** 40, Infinity])('the pool: %d does not', async (timeout) => {
      const clock = virtualClock()
      const { wait, open } = gate()
      const pool = spawnPoolAny(
        system,
        async (state: unknown, message: unknown, ctx: any) => {
          await wait
          dispatch(ctx.sender, message)
          return state
        },
        'pool',
        { clock },
      )
      const asked = outcome(query(pool, 1, timeout))
      await clock.advance(2 ** 31 - 1000)
      open()
      expect(await asked).toEqual(['answered', 1])
      await clock.settle()
      expect(clock.timers).toBe(0)
    })
  })

  describe('19: shutdownAfter fires early', () => {
    it('the pool: it fires after that much idle time, and not before', async () => {
      const clock = virtualClock()
      const pool = spawnPoolAny(system, (state: unknown) => state, 'pool', { shutdownAfter: 100, clock })
      for (let i = 0; i < 5; i++) {
        await clock.advance(60)
        dispatch(pool, i)
      }
      await clock.advance(95)
      expect(findActor(pool)).toBeDefined()
      await clock.advance(10)
      expect(findActor(pool)).toBeUndefined()
      expect(clock.timers).toBe(0)
    })
  })

  describe('20: a message to a stopped actor is silently ignored', () => {
    it('the pool: cast returns that', () => {
      const pool = spawnPool(system, definePool({ init: () => 0, casts: { x: () => noReply() } }))
      stop(pool)
      expect(cast(pool, { type: 'x' })).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_STOPPED' } })
    })
  })

  describe('24: a handler whose promise never settles wedges its actor for ever', () => {
    it('the pool: its member is replaced as stuck, and its caller is told', async () => {
      const clock = virtualClock()
      const { wait, open } = gate()
      const Stuck = definePool({
        init: () => ({ count: 0 }),
        calls: {
          hang: async (_message, state) => {
            await wait
            return reply('late', { count: state.count + 100 })
          },
          add: (_message, state) => reply(state.count + 1, { count: state.count + 1 }),
        },
      })
      const pool = spawnPool(system, Stuck, 'pool', { size: 1, stuckAfter: 200, clock })
      const hung = outcome(call(pool, { type: 'hang' }, { timeout: Infinity }))
      const next = call(pool, { type: 'add' })
      await clock.advance(210)
      expect(await hung).toBe('ERR_GENPOOL_CRASHED')
      expect(await next).toBe(1)
      open()
      await clock.advance(10)
      expect(getState(pool)).toEqual({ count: 1 })
    })
  })
})
