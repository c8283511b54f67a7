import { call, definePool, getMembers, onEvent, ready, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { findActor } from '@genpool/runtime'
import { type ActorSystemRef, query, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any */
const spawnPoolAny = spawnPool as (parent: unknown, f: unknown, name?: string, options?: object) => any

let system: ActorSystemRef
let printed: jest.SpyInstance
beforeEach(() => {
  system = start()
  printed = jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  stop(system)
  printed.mockRestore()
})

const noDatabase = (): never => {
  throw new Error('no database')
}

describe('a pool that gives up while its members start', () => {
  it('starts none of the others', () => {
    let tries = 0
    const Failing = definePool({
      init: () => {
        tries++
        return noDatabase()
      },
      calls: { get: (_message, state: number) => reply(state) },
    })
    const pool = spawnPool(system, Failing, 'pool', { size: 3, state: 'isolated', restart: { attempts: 1 } })
    expect(tries).toBe(1)
    expect(getMembers(pool)).toEqual([])
    expect(findActor(pool as never)).toBeUndefined()
  })
})

describe('what init throws', () => {
  it.each<[unknown, string]>([
    ['no database', 'no database'],
    [7, '7'],
    [null, 'null'],
    [{ code: 5 }, 'an object { code }'],
    [new Error(''), 'Error'],
    [new RangeError(''), 'RangeError'],
  ])('is the reason of a pool that gives up, whatever it is: %p', async (thrown, says) => {
    for (const state of ['isolated', 'shared'] as const) {
      const Failing = definePool({
        init: () => Promise.reject(thrown as Error),
        calls: { get: (_message, value: number) => reply(value) },
      })
      const pool = spawnPool(system, Failing, undefined, { size: 1, state, restart: { attempts: 1 } })
      await expect(ready(pool)).rejects.toMatchObject({
        message: expect.stringContaining(`gave up: its init failed once: ${says}. Fix the cause`),
        cause: { cause: thrown },
      })
    }
  })
})

describe('the onCrash of a plain function whose initialStateFunc throws', () => {
  it('may decide later; until then the member takes no message', async () => {
    const clock = virtualClock()
    const seen: unknown[] = []
    const pool = spawnPoolAny(
      system,
      (state: unknown, message: unknown) => {
        seen.push([state, message])
        return message
      },
      'pool',
      {
        initialStateFunc: noDatabase,
        onCrash: async (_message: unknown, _error: unknown, ctx: any) => {
          await clock.wait(100)
          return ctx.resume
        },
        clock,
      },
    )
    query(pool, 1 as never, 1000).catch(() => undefined)
    await clock.advance(99)
    expect(seen).toEqual([])
    await clock.advance(2)
    expect(seen).toEqual([[undefined, 1]])
  })

  it('is asked again after each reset, which waits as after any failed start, until the pool gives up', async () => {
    const clock = virtualClock()
    let asked = 0
    const pool = spawnPoolAny(system, (state: unknown) => state, 'pool', {
      initialStateFunc: noDatabase,
      onCrash: (_message: unknown, _error: unknown, ctx: any) => {
        asked++
        return ctx.reset
      },
      restart: { attempts: 3, backoff: { min: 100, max: 1000, jitter: 0 } },
      clock,
    })
    await clock.advance(99)
    expect(asked).toBe(1)
    await clock.advance(2)
    expect(asked).toBe(2)
    await clock.advance(200)
    expect(asked).toBe(3)
    expect(findActor(pool)).toBeUndefined()
  })

  it('is ignored if it throws: the start is tried again', async () => {
    const clock = virtualClock()
    let tries = 0
    const pool = spawnPoolAny(system, (state: unknown) => state, 'pool', {
      initialStateFunc: () => (++tries === 1 ? noDatabase() : 0),
      onCrash: () => {
        throw new Error('no idea')
      },
      restart: { backoff: { min: 100, jitter: 0 } },
      clock,
    })
    await clock.advance(101)
    expect(tries).toBe(2)
    expect(getMembers(pool)).toHaveLength(1)
  })

  it('is asked for each member; those that go on have no state', async () => {
    const failures: unknown[] = []
    let asked = 0
    const pool = spawnPoolAny(system, (state: unknown) => state, 'pool', {
      initialStateFunc: noDatabase,
      onCrash: (_message: unknown, _error: unknown, ctx: any) => {
        asked++
        return ctx.resume
      },
      size: 3,
    })
    onEvent('genpool:init:fail', ({ retryInMs }) => failures.push(retryInMs))
    await new Promise(setImmediate)
    expect(asked).toBe(3)
    expect(getMembers(pool).map(({ status }: any) => status)).toEqual(['idle', 'idle', 'idle'])
    expect(failures).toEqual([null, null, null])
  })

  it('decides about a shared state, too', async () => {
    const pool = spawnPoolAny(
      system,
      function (this: any, state: unknown, message: unknown) {
        this.from.reply(String(state))
        return message
      },
      'pool',
      {
        initialStateFunc: noDatabase,
        onCrash: (_message: unknown, _error: unknown, ctx: any) => ctx.resume,
        size: 2,
        state: 'shared',
      },
    )
    expect(await call(pool, 1 as never)).toBe('undefined')
    expect(await call(pool, 2 as never)).toBe('1')
  })

  it('cannot change what happens after the pool has stopped', async () => {
    const clock = virtualClock()
    const ends: unknown[] = []
    const pool = spawnPoolAny(system, (state: unknown) => state, 'pool', {
      initialStateFunc: noDatabase,
      onCrash: async (_message: unknown, _error: unknown, ctx: any) => {
        await clock.wait(100)
        return ctx.resume
      },
      afterStop: (state: unknown) => void ends.push(state),
      clock,
    })
    await clock.settle()
    stop(pool)
    await clock.advance(200)
    expect(ends).toEqual([undefined])
    expect(getMembers(pool)).toEqual([])
  })
})
