import { call, cast, definePool, getState, noReply, reply, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import * as nact from 'nact'
import { type ActorSystemRef, spawn, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain functions and nact's own types */
const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const spawnAny = spawn as (parent: any, f: any, name?: string, properties?: any) => any
const spawnPoolAny = spawnPool as (parent: any, f: any, name?: string, options?: any) => any

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const turns = async (n = 10): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve))
}
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ['answered', value],
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

/** A handler that can be held and let go. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open!: () => void
  const wait = new Promise<void>((resolve) => (open = resolve))
  return { wait, open }
}

describe('what nact does and the pool does not do', () => {
  describe('1: stop(system) leaves actors running', () => {
    const ticking = (state: number, _message: unknown, ctx: any): number => {
      dispatch(ctx.self, 'tick')
      return state + 1
    }
    it('nact: an actor continues to send messages to itself', async () => {
      let count = 0
      const actor = spawnAny(system, async (state: unknown) => {
        count++
        await turns(1)
        return state
      })
      for (let i = 0; i < 5; i++) dispatch(actor, i)
      stop(system)
      await turns(20)
      expect(count).toBe(5)
    })
    it('the pool: runs nothing more', async () => {
      let count = 0
      const pool = spawnPoolAny(system, (state: number, message: unknown, ctx: any) => {
        count++
        return ticking(state, message, ctx)
      })
      for (let i = 0; i < 5; i++) dispatch(pool, i)
      stop(system)
      await turns(20)
      expect(count).toBe(0)
    })
  })

  describe('2: waiting callers are not told of a stop', () => {
    const hang = (): Promise<never> => new Promise<never>(() => undefined)
    it('nact: the asker waits for its timeout', async () => {
      const actor = spawnAny(system, hang)
      const asked = outcome(query(actor, 1, 30))
      stop(actor)
      expect(await asked).toBe('Query Timeout')
    })
    it('the pool: it is told at once', async () => {
      const pool = spawnPoolAny(system, hang)
      const asked = outcome(query(pool, 1, 2 ** 31))
      const waiting = outcome(query(pool, 2, 2 ** 31))
      await turns()
      stop(pool)
      expect([await asked, await waiting]).toEqual(['ERR_GENPOOL_STOPPED', 'ERR_GENPOOL_STOPPED'])
    })
  })

  describe('3: afterStop runs before the handler in flight ends, and again if that throws', () => {
    const scenario = async (spawnIt: typeof spawnAny): Promise<string[]> => {
      const log: string[] = []
      const { wait, open } = gate()
      const actor = spawnIt(
        system,
        async () => {
          await wait
          log.push('handler ends')
          throw new Error('late')
        },
        'actor',
        {
          onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.stop,
          afterStop: () => {
            log.push('afterStop')
          },
        },
      )
      dispatch(actor, 1)
      await turns()
      stop(actor)
      await turns()
      open()
      await turns()
      return log
    }
    it('nact', async () => {
      expect(await scenario(spawnAny)).toEqual(['afterStop', 'handler ends', 'afterStop'])
    })
    it('the pool', async () => {
      expect(await scenario(spawnPoolAny)).toEqual(['handler ends', 'afterStop'])
    })
  })

  describe('4 and 10: a fault after the stop, or an onCrash that throws, is an unhandled rejection', () => {
    const scenario = async (onCrash: (...args: any[]) => unknown, stopFirst: boolean): Promise<unknown[]> => {
      const unhandled: unknown[] = []
      const note = (reason: unknown): void => void unhandled.push(reason)
      const others = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
      const { wait, open } = gate()
      const pool = spawnPoolAny(
        system,
        async () => {
          await wait
          throw new Error('late')
        },
        'actor',
        { onCrash },
      )
      dispatch(pool, 1)
      await turns()
      if (stopFirst) stop(pool)
      open()
      await turns()
      process.removeListener('unhandledRejection', note)
      for (const other of others) process.on('unhandledRejection', other)
      return unhandled
    }
    it.each([
      ['escalate after a stop', (_m: unknown, _e: unknown, ctx: any) => ctx.escalate, true],
      [
        'an onCrash that throws',
        () => {
          throw new Error('no idea')
        },
        false,
      ],
      ['an onCrash that rejects', () => Promise.reject(new Error('no idea')), false],
      ['stopChild for a fault of its own', (_m: unknown, _e: unknown, ctx: any) => ctx.stopChild, false],
    ])('the pool: %s is not', async (_name, onCrash, stopFirst) => {
      expect(await scenario(onCrash, stopFirst)).toEqual([])
    })
  })

  describe('5: an exception in afterStop is uncaught', () => {
    it('the pool: it goes to onCallbackError, or becomes a process warning', async () => {
      const errors: unknown[] = []
      const pool = spawnPoolAny(system, (state: unknown) => state, 'actor', {
        afterStop: () => {
          throw new Error('could not close')
        },
        onCallbackError: (error: unknown) => errors.push(error),
      })
      stop(pool)
      await Promise.resolve()
      expect(errors).toEqual([new Error('could not close')])
    })
  })

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
