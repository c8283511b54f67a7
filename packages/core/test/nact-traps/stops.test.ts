import { stop } from 'nact'
import { dispatch, query, spawnAny, spawnPoolAny, system, turns, outcome, gate } from './alike'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain functions and nact's own types */
describe('what nact does and the pool does not do, of a stop', () => {
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
})
