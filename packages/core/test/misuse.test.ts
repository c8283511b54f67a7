import { call, cast, definePool, getState, halt, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import * as nact from 'nact'
import { query, failure, spawned } from './misused-pool'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
describe('strange handlers', () => {
  const thenable = (value: unknown) => ({
    // As some query builders do it: nothing comes back from `then`.
    then(resolve: (value: unknown) => void) {
      resolve(value)
    },
  })
  const strange: Record<string, (ctx: any) => unknown> = {
    'a thenable that is no promise': () => thenable(reply('answer', { count: 1 })),
    'a thenable that resolves twice': () => ({
      then(resolve: (value: unknown) => void) {
        resolve(reply('answer', { count: 1 }))
        resolve(reply('another', { count: 2 }))
      },
    }),
    'a promise of a promise': () => Promise.resolve(Promise.resolve(reply('answer', { count: 1 }))),
    'an answer through ctx.from and another as a step': (ctx) => (
      ctx.from.reply('answer'),
      reply('other', { count: 1 })
    ),
    'a function of the committed state': () =>
      reply((state: { count: number }) => (state.count === 1 ? 'answer' : 'wrong'), { count: 1 }),
  }
  it.each(Object.entries(strange))('%s is one answer and one commit', async (_name, handle) => {
    const Strange = definePool({
      init: () => ({ count: 0 }),
      handleCall: (_m: unknown, _f, _s, ctx) => handle(ctx) as never,
    })
    const pool = spawnPool(system, Strange, 'pool', { size: 1, clock })
    expect(await call(pool, 'go')).toBe('answer')
    expect(getState(pool)).toEqual({ count: 1 })
    expect(inspect(pool)).toMatchObject({ restarts: 0, outcomes: { replied: 1 } })
  })

  const broken: Record<string, [unknown, string]> = {
    'throws undefined': [
      () => {
        throw undefined
      },
      'ERR_GENPOOL_CRASHED',
    ],
    'throws a string': [
      () => {
        throw 'text'
      },
      'ERR_GENPOOL_CRASHED',
    ],
    'throws an object without a prototype': [
      () => {
        throw Object.create(null)
      },
      'ERR_GENPOOL_CRASHED',
    ],
    'rejects with nothing': [() => Promise.reject(), 'ERR_GENPOOL_CRASHED'],
    'throws a frozen error': [
      () => {
        throw Object.freeze(new Error('frozen'))
      },
      'ERR_GENPOOL_CRASHED',
    ],
    'returns a symbol': [() => Symbol('s'), 'ERR_GENPOOL_INVALID'],
    'returns an object without a prototype': [() => Object.create(null), 'ERR_GENPOOL_INVALID'],
    'returns a hostile proxy': [
      () =>
        new Proxy(
          {},
          {
            get() {
              throw new Error('hands off')
            },
          },
        ),
      'ERR_GENPOOL_CRASHED',
    ],
    'promises nonsense': [() => Promise.resolve(5), 'ERR_GENPOOL_INVALID'],
    'has a recipe that throws': [
      () =>
        reply(1, () => {
          throw new Error('recipe')
        }),
      'ERR_GENPOOL_CRASHED',
    ],
    'has an answer that throws': [
      () =>
        reply(
          () => {
            throw new Error('value')
          },
          { count: 1 },
        ),
      'ERR_GENPOOL_CRASHED',
    ],
  }
  it.each(Object.entries(broken))(
    'a handler that %s fails its caller with a typed error, and the pool continues',
    async (_name, [handle, code]) => {
      const Broken = definePool({
        init: () => ({ count: 0 }),
        calls: { broken: handle as never, fine: () => reply('fine') },
        casts: { broken: handle as never },
      }) as any
      const pool = spawnPool(system, Broken, 'pool', { size: 1, clock }) as any
      const error = await failure(call(pool, { type: 'broken' }))
      expect(error).toMatchObject({ code })
      expect(error.message).toContain('"broken"')
      cast(pool, { type: 'broken' })
      expect(await call(pool, { type: 'fine' })).toBe('fine')
      const { outcomes, accepted, members } = inspect(pool)
      expect([accepted, Object.values(outcomes).reduce((sum: number, n) => sum + n, 0), members.idle]).toEqual([
        3, 3, 1,
      ])
    },
  )

  it.each([NaN, -5, Infinity, 'soon', null])(
    'an idle timeout of %p neither spins nor breaks the pool',
    async (timeout) => {
      const seen: unknown[] = []
      const Idle = definePool({
        init: () => 0,
        calls: { work: () => reply('done', undefined, { timeout: timeout as never }) },
        handleInfo: (message) => {
          seen.push(message)
          return noReply(undefined, { timeout: timeout as never })
        },
      })
      const pool = spawnPool(system, Idle, 'pool', { size: 1, clock })
      expect(await call(pool, { type: 'work' }).catch((error: any) => error.code)).toMatch(/done|ERR_GENPOOL_INVALID/)
      await clock.advance(100)
      expect(seen.length).toBeLessThan(200)
      expect(await call(pool, { type: 'work' }).catch((error: any) => error.code)).toMatch(/done|ERR_GENPOOL_INVALID/)
    },
  )

  it('a halt that answers, commits and ends its member does each once', async () => {
    const ends: unknown[] = []
    const Halting = definePool({
      init: () => ({ count: 0 }),
      calls: {
        end: (_message, state) =>
          halt('normal', { reply: (after: { count: number }) => after.count, next: { count: state.count + 1 } }),
      },
      terminate: (reason, state) => void ends.push([reason, state]),
    })
    const pool = spawnPool(system, Halting, 'pool', { size: 1, clock })
    expect([await call(pool, { type: 'end' }), await call(pool, { type: 'end' })]).toEqual([1, 2])
    expect(ends).toEqual([
      ['normal', { count: 1 }],
      ['normal', { count: 2 }],
    ])
  })
})

describe('unexpected messages', () => {
  const cyclic: any = { type: 'add' }
  cyclic.self = cyclic
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('hands off')
      },
    },
  )
  const typed: [string, unknown][] = [
    ['cyclic', cyclic],
    ['that cannot be cloned', { type: 'add', fn: () => 1, socket: new WeakMap() }],
    ['frozen', Object.freeze({ type: 'add' })],
  ]
  it.each(typed)('%s, of a known type, are served unchanged', async (_name, message) => {
    const pool = spawned()
    expect(await call(pool, message as never)).toBe('added')
    expect(cast(pool, message as never)).toEqual({ ok: true })
  })

  it('types that are property names of every object are unknown, and a message whose type throws is refused', async () => {
    const pool = spawned()
    for (const type of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(await failure(call(pool, { type } as never))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    }
    expect(await failure(call(pool, hostile as never))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(cast(pool, hostile as never)).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_INVALID' } })
    expect(() => nact.dispatch(pool as never, hostile as never)).not.toThrow()
    expect(inspect(pool).waitingBy).toEqual({ type: {}, priority: {} })
  })

  it('a schema that throws or waits refuses the message', async () => {
    const { z } = await import('zod')
    const Odd = definePool({
      init: () => 0,
      calls: {
        throws: {
          schema: z.custom(() => {
            throw new Error('in the schema')
          }),
          handle: () => reply(1),
        },
        waits: { schema: z.any().refine(() => Promise.resolve(true)), handle: () => reply(1) },
      },
    })
    const pool = spawnPool(system, Odd, 'pool', { clock })
    for (const type of ['throws', 'waits'] as const) {
      const error = await failure(call(pool, { type } as never))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      expect(() => nact.dispatch(pool as never, { type } as never)).not.toThrow()
    }
  })
})

it('a query whose factory throws or returns nonsense fails at once', async () => {
  const pool = spawned()
  const thrown = await failure(
    query(
      pool,
      () => {
        throw new Error('factory')
      },
      1000,
    ),
  )
  expect(thrown).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
  expect(await failure(query(pool, () => null, 1000))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
  expect(clock.now() / NS_PER_MS).toBe(0)
})
