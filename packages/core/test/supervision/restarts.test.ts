import {
  call,
  cast,
  configure,
  definePool,
  drain,
  getMembers,
  getState,
  halt,
  inspect,
  type PoolOptions,
  reply,
  resize,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { BaseActor, findActor, type Reference, spawnActor } from '@genpool/runtime'
import { spawn, stop } from 'nact'
import { clock, system } from '../quiet-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors */

/** What became of a call: `answered`, or the code of its error. */
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  )

/** A pool that writes down who ends and why. */
const spawned = (options: PoolOptions = {}, parent: any = system) => {
  const ends: string[] = []
  const runs: string[] = []
  const Fragile = definePool({
    init: () => ({ count: 0 }),
    calls: {
      add: (_message, state) => {
        runs.push('add')
        return reply(state.count + 1, { count: state.count + 1 })
      },
      crash: (msg: { times?: number }) => {
        runs.push('crash')
        if (runs.filter((run) => run === 'crash').length <= (msg.times ?? Infinity)) throw new Error('crash')
        return reply('in the end')
      },
      slow: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('slow')
      },
      halt: () => halt('normal', { reply: 'halted' }),
    },
    casts: {
      crash: () => {
        throw new Error('crash')
      },
    },
    terminate: (reason, state, ctx) => {
      ends.push(`${ctx.member.name} ${reason instanceof Error ? reason.message : String(reason)} ${state.count}`)
    },
  })
  return { ends, runs, pool: spawnPool(parent, Fragile, 'pool', { size: 2, clock, ...options }) }
}

describe('a crash', () => {
  it('ends its member, which is replaced under a new incarnation; the state stays', async () => {
    const { pool, ends } = spawned({ size: 1 })
    await call(pool, { type: 'add' })
    expect(await code(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
    expect(getMembers(pool).map(({ name, incarnation }) => [name, incarnation])).toEqual([['member-1.2', 2]])
    expect(ends).toEqual(['member-1.1 crash 1'])
    expect(await call(pool, { type: 'add' })).toBe(2)
    expect(inspect(pool).restarts).toBe(1)
  })

  it('is a restart; a member that a pool adds in the place of a surplus one is not', async () => {
    const { pool } = spawned({ size: 1 })
    for (let i = 0; i < 5; i++) {
      resize(pool, 3)
      await clock.settle()
      resize(pool, 1)
      await clock.settle()
    }
    expect(inspect(pool).restarts).toBe(0)
    resize(pool, 3)
    for (let i = 0; i < 3; i++) expect(await code(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
    expect(inspect(pool).restarts).toBe(3)
    expect(getMembers(pool)).toHaveLength(3)
  })

  it('retries messages that are declared repeatable, up to their number', async () => {
    const { pool, runs } = spawned({ retryOnCrash: { crash: 2 }, poisonAfter: 10 })
    expect(await call(pool, { type: 'crash', times: 2 })).toBe('in the end')
    expect(runs).toEqual(['crash', 'crash', 'crash'])
    expect(await code(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
    expect(runs).toHaveLength(6)
  })

  it('of a message that keeps killing members ends in the dead letters', async () => {
    const { pool, runs } = spawned({ retryOnCrash: { crash: 100 }, poisonAfter: 3 })
    const letters: unknown[] = []
    const stopWatching = watchDeadLetters(pool, ({ message, error }) => letters.push([message, error.code]))
    expect(await code(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
    expect(runs).toHaveLength(3)
    expect(letters).toEqual([[{ type: 'crash' }, 'ERR_GENPOOL_CRASHED']])
    stopWatching()
    cast(pool, { type: 'crash' })
    await clock.settle()
    expect(letters).toHaveLength(1)
  })
})

describe('the restart intensity', () => {
  const limits = { restart: { intensity: 2, within: 1000 } }

  it('allows its number of crashes within a window, and forgets older ones', async () => {
    const { pool } = spawned(limits)
    for (let i = 0; i < 6; i++) {
      expect(await code(call(pool, { type: 'crash' }))).toBe('ERR_GENPOOL_CRASHED')
      await clock.advance(600)
    }
    expect(inspect(pool)).toMatchObject({ phase: 'running', restarts: 6 })
  })

  it('if it is exceeded, the pool stops and waiting callers get the reason', async () => {
    const { pool } = spawned({ ...limits, size: 1 })
    const calls = Array.from({ length: 5 }, () => code(call(pool, { type: 'crash' })))
    await clock.settle()
    expect(await Promise.all(calls)).toEqual([
      'ERR_GENPOOL_CRASHED',
      'ERR_GENPOOL_CRASHED',
      'ERR_GENPOOL_CRASHED',
      'ERR_GENPOOL_STOPPED',
      'ERR_GENPOOL_STOPPED',
    ])
    expect(findActor(pool as never)).toBeUndefined()
    await expect(call(pool, { type: 'add' })).rejects.toThrow('more than 2 members crashed within 1000 ms')
  })

  it('escalates to a parent of nact, whose onCrash decides about itself', async () => {
    const asked: unknown[] = []
    const parent = (spawn as any)(system, (state: unknown) => state, 'parent', {
      onCrash: (_message: unknown, error: Error, ctx: any, child: Reference) => {
        asked.push([error.message, child.name])
        return ctx.resume
      },
    })
    const { pool } = spawned({ restart: { intensity: 0 } }, parent)
    await code(call(pool, { type: 'crash' }))
    await clock.settle()
    expect(asked).toEqual([[expect.stringContaining('gave up'), 'pool']])
    expect(findActor(pool as never)).toBeUndefined()
    expect(findActor(parent)).toBeDefined()
  })

  it('escalates to a parent of GenPool', async () => {
    const asked: unknown[] = []
    class Parent extends BaseActor {
      protected override receive(): void {
        // Nothing is sent to it.
      }
      protected override receiveQuery(): Promise<unknown> {
        return Promise.resolve()
      }
      override handleFault(_message: unknown, _sender: unknown, error: unknown, child: Reference): void {
        asked.push([(error as Error).message, child.name])
      }
    }
    const parent = spawnActor(system as never, (concrete) => new Parent(concrete, 'parent'))
    const { pool } = spawned({ restart: { intensity: 0 } }, parent.reference)
    await code(call(pool, { type: 'crash' }))
    expect(asked).toEqual([[expect.stringContaining('gave up'), 'pool']])
  })
})

describe('terminate', () => {
  it('is called once for each member, however it ends, after its handler and with the last state', async () => {
    const { pool, ends } = spawned({ size: 2, stuckAfter: 500, recycle: { afterMessages: 1000 } })
    expect(await call(pool, { type: 'halt' })).toBe('halted')
    await code(call(pool, { type: 'crash' }))
    const stuck = code(call(pool, { type: 'slow', ms: 100_000 }, { timeout: Infinity }))
    await clock.advance(600)
    expect(await stuck).toBe('ERR_GENPOOL_CRASHED')
    resize(pool, 3)
    const slow = call(pool, { type: 'slow', ms: 100 })
    resize(pool, 1)
    await clock.advance(50)
    await clock.advance(100)
    expect(await slow).toBe('slow')
    const drained = drain(pool)
    await clock.settle()
    await drained
    expect(new Set(ends.map((end) => end.split(' ')[0])).size).toBe(ends.length)
    const reasons = ends.map((end) => end.split(' ')[1]).sort()
    expect(reasons).toEqual(['crash', 'normal', 'resized', 'resized', 'shutdown', 'stuck'])
  })

  it('waits for a handler that is running when the pool is stopped', async () => {
    const { pool, ends } = spawned({ size: 1 })
    const running = code(call(pool, { type: 'slow', ms: 100 }))
    await clock.settle()
    stop(pool)
    expect(await running).toBe('ERR_GENPOOL_STOPPED')
    expect(ends).toEqual([])
    await clock.advance(100)
    expect(ends).toEqual(['member-1.1 shutdown 0'])
  })
})

describe('recycling', () => {
  it('replaces a member after its number of messages, without a fault', async () => {
    const { pool, ends } = spawned({ size: 1, recycle: { afterMessages: 3, jitter: 0 }, restart: { intensity: 0 } })
    for (let i = 1; i <= 7; i++) expect(await call(pool, { type: 'add' })).toBe(i)
    expect(ends).toEqual(['member-1.1 recycled 3', 'member-1.2 recycled 6'])
  })

  it('replaces a member of a certain age, when its work is done', async () => {
    const { pool, ends } = spawned({ size: 1, recycle: { afterMs: 1000, jitter: 0 } })
    await clock.advance(900)
    const slow = call(pool, { type: 'slow', ms: 300 })
    await clock.advance(200)
    expect(ends).toEqual([])
    await clock.advance(100)
    expect(await slow).toBe('slow')
    expect(ends).toEqual(['member-1.1 recycled 0'])
    expect(getMembers(pool).map((member) => member.incarnation)).toEqual([2])
  })
})

describe('a member that is stuck', () => {
  it('releases its exclusive state, and its late commit is refused', async () => {
    const Slow = definePool({
      init: () => ({ log: [] as string[] }),
      calls: {
        work: async (msg: { name: string; ms: number }, state) => {
          await clock.wait(msg.ms)
          return reply(msg.name, { log: [...state.log, msg.name] })
        },
      },
    })
    const pool = spawnPool(system, Slow, 'pool', { size: 2, clock, stuckAfter: 100, state: { commit: 'exclusive' } })
    const [stuck, next] = [
      code(call(pool, { type: 'work', name: 'stuck', ms: 500 })),
      call(pool, { type: 'work', name: 'next', ms: 10 }),
    ]
    await clock.advance(90)
    expect(getState(pool)).toEqual({ log: [] })
    await clock.advance(1000)
    expect(await stuck).toBe('ERR_GENPOOL_CRASHED')
    expect(await next).toBe('next')
    expect(getState(pool).log).toEqual(['next'])
  })

  describe('before "stuckAfter" was set', () => {
    const Hanging = definePool({
      init: () => 0,
      calls: {
        hang: () => new Promise<never>(() => undefined),
        echo: () => reply(1),
        nothing: () => {
          throw undefined
        },
      },
    })

    it('is replaced so long after it was set, and its caller is told why', async () => {
      const pool = spawnPool(system, Hanging, 'pool', { size: 1, clock })
      const stuck = call(pool, { type: 'hang' }, { timeout: Infinity }).catch((error: unknown) => String(error))
      const next = call(pool, { type: 'echo' }, { timeout: Infinity })
      await clock.advance(5000)
      configure(pool, { stuckAfter: 300 })
      await clock.advance(299)
      expect(inspect(pool).waiting).toBe(1)
      await clock.advance(100)
      expect(await next).toBe(1)
      expect(await stuck).toMatch(/still running after 300 ms and was replaced as stuck\. Nothing was committed\.$/)
    })

    it('is replaced later or never, if that is changed before its time is over', async () => {
      const pool = spawnPool(system, Hanging, 'pool', { size: 1, clock, stuckAfter: 100 })
      const stuck = code(call(pool, { type: 'hang' }, { timeout: Infinity }))
      await clock.advance(50)
      configure(pool, { stuckAfter: Infinity })
      await clock.advance(5000)
      expect(inspect(pool).restarts).toBe(0)
      configure(pool, { stuckAfter: 200 })
      await clock.advance(400)
      expect(await stuck).toBe('ERR_GENPOOL_CRASHED')
    })

    it('says nothing of back-offs where undefined was thrown without one', async () => {
      const pool = spawnPool(system, Hanging, 'pool', { size: 1, clock })
      const error = await call(pool, { type: 'nothing' }).catch((thrown: unknown) => String(thrown))
      expect(error).toContain('undefined was thrown. Nothing was committed.')
      expect(error).not.toContain('backOff')
    })
  })
})
