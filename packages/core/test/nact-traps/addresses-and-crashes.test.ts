import { call, cast, definePool, noReply, reply, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { stop } from 'nact'
import { dispatch, query, spawnAny, spawnPoolAny, system, turns, outcome } from './alike'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain functions and nact's own types */
describe('what nact does and the pool does not do, of addresses and crashes', () => {
  describe('6: an old reference reaches the next actor of that name', () => {
    it('nact', async () => {
      const old = spawnAny(system, (state: unknown) => state, 'actor')
      stop(old)
      spawnAny(system, (_state: unknown, _message: unknown, ctx: any) => dispatch(ctx.sender, 'I am another'), 'actor')
      expect(await query(old, 1, 1000)).toBe('I am another')
    })
    it('the pool: call and cast do not', async () => {
      const Behaviour = definePool({ init: () => 0, calls: { x: () => reply(1) }, casts: { x: () => noReply() } })
      const old = spawnPool(system, Behaviour, 'pool')
      stop(old)
      const next = spawnPool(system, Behaviour, 'pool')
      expect(await outcome(call(old, { type: 'x' }))).toBe('ERR_GENPOOL_STOPPED')
      expect(cast(old, { type: 'x' })).toMatchObject({ ok: false })
      expect(await call(next, { type: 'x' })).toBe(1)
    })
  })

  describe('8: reset or resume from outside makes two handlers of one actor run at once', () => {
    const scenario = async (spawnIt: typeof spawnAny): Promise<number> => {
      let running = 0
      let most = 0
      const actor = spawnIt(
        system,
        async (state: number) => {
          most = Math.max(most, ++running)
          await turns(4)
          running--
          return state + 1
        },
        'busy',
        { initialState: 0 },
      )
      const peer = spawnIt(
        system,
        () => {
          throw new Error('fault')
        },
        'peer',
        { onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.resetAll },
      )
      for (let i = 0; i < 4; i++) dispatch(actor, i)
      await turns(1)
      dispatch(peer, 1)
      await turns(40)
      return most
    }
    it('nact', async () => {
      expect(await scenario(spawnAny)).toBe(2)
    })
    it('the pool', async () => {
      expect(await scenario(spawnPoolAny)).toBe(1)
    })
  })

  describe('9: after escalate and a parent that resumes, the child hangs for ever', () => {
    const scenario = async (spawnIt: typeof spawnAny): Promise<unknown> => {
      let child: any
      const parent = spawnAny(
        system,
        (state: unknown, _message: unknown, ctx: any) => {
          child = spawnIt(
            ctx.self,
            (state: unknown, message: unknown, ctx: any) => {
              if (message === 'fault') throw new Error('fault')
              dispatch(ctx.sender, message)
              return state
            },
            'child',
            { onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.escalate },
          )
          return state
        },
        'parent',
        { onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.resume },
      )
      dispatch(parent, 1)
      await turns()
      dispatch(child, 'fault')
      await turns()
      return outcome(query(child, 'still there', 50))
    }
    it('nact', async () => {
      expect(await scenario(spawnAny)).toBe('Query Timeout')
    })
    it('the pool', async () => {
      expect(await scenario(spawnPoolAny)).toEqual(['answered', 'still there'])
    })
  })

  describe('11: an initial state that fails spins and starves the event loop', () => {
    it('the pool: retries with a growing wait, gives up, and says why', async () => {
      const clock = virtualClock()
      const quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
      let tries = 0
      const pool = spawnPoolAny(system, (state: unknown) => state, 'actor', {
        initialStateFunc: () => {
          tries++
          throw new Error('no database')
        },
        restart: { attempts: 4, backoff: { min: 100, max: 1000, jitter: 0 } },
        clock,
      })
      const asked = query(pool, 1, Infinity).catch((error: unknown) => error)
      await clock.advance(0)
      expect(tries).toBe(1)
      await clock.advance(99)
      expect(tries).toBe(1)
      await clock.advance(2)
      expect(tries).toBe(2)
      await clock.advance(200)
      expect(tries).toBe(3)
      await clock.advance(400)
      expect(tries).toBe(4)
      expect(await asked).toMatchObject({
        code: 'ERR_GENPOOL_STOPPED',
        message: expect.stringContaining('no database'),
      })
      expect(findActor(pool)).toBeUndefined()
      quiet.mockRestore()
    })
  })

  describe('13 and 16: the asker of a message that crashed waits for its timeout', () => {
    const fault = (): never => {
      throw new Error('fault')
    }
    const properties = { onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.resume }
    it('nact', async () => {
      expect(await outcome(query(spawnAny(system, fault, 'a', properties), 1, 30))).toBe('Query Timeout')
    })
    it('the pool', async () => {
      expect(await outcome(query(spawnPoolAny(system, fault, 'a', properties), 1, 2 ** 31))).toBe('ERR_GENPOOL_CRASHED')
    })
  })
})
