import {
  call,
  type CallOptions,
  cast,
  definePool,
  getState,
  halt,
  inspect,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import * as nact from 'nact'
import { type ActorSystemRef, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect(value).toBe('a failure'),
    (error: unknown) => error,
  )

let system: ActorSystemRef
let clock: VirtualClock
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})

const Work = definePool({
  init: () => ({ count: 0 }),
  calls: { add: () => reply('added', (draft) => void draft.count++) },
  casts: { add: () => noReply((draft) => void draft.count++) },
})
const spawned = (options: PoolOptions = {}) => spawnPool(system, Work, 'pool', { size: 1, clock, ...options })

describe('wrong options of a call', () => {
  const wrong: [string, unknown][] = [
    ['signal', {}],
    ['signal', 'now'],
    ['signal', 7],
    ['priority', NaN],
    ['priority', 'high'],
    ['priority', null],
    ['timeout', '5'],
    ['timeout', -0.001],
  ]
  it.each(wrong)('%s: %p are refused with an OptionsError that names it, and nothing is run', async (name, value) => {
    const pool = spawned()
    const error = await failure(call(pool, { type: 'add' }, { [name]: value } as CallOptions))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: [name] }] })
    expect(error.message).toContain('pool "pool"')
    await clock.settle()
    expect(getState(pool)).toEqual({ count: 0 })
    expect(await call(pool, { type: 'add' })).toBe('added')
  })

  it('of a cast are returned as a value', () => {
    expect(cast(spawned(), { type: 'add' }, { priority: NaN })).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS' },
    })
  })

  it('that are undefined count as left out', async () => {
    const pool = spawned()
    const nothing = { timeout: undefined, signal: undefined, priority: undefined, key: undefined } as never
    expect(await call(pool, { type: 'add' }, nothing)).toBe('added')
    expect(await call(pool, { type: 'add' }, undefined)).toBe('added')
  })

  it('of a query are refused in the same way', async () => {
    const pool = spawned()
    for (const timeout of [-1, '5' as never]) {
      expect(await failure(query(pool, { type: 'add' }, timeout))).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    }
    expect(await query(pool, { type: 'add' }, Infinity)).toBe('added')
  })
})

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

describe('the options of a message', () => {
  it.each([
    [1000, 'expected an object such as { timeout: 1000 }, got 1000'],
    ['1000', 'expected an object such as { timeout: 1000 }, got "1000"'],
    [null, 'expected an object such as { timeout: 1000 }, got null'],
    [{ timeOut: 1000 }, 'there is no option "timeOut"; did you mean "timeout"?'],
    [{ timout: 1000 }, 'there is no option "timout"; did you mean "timeout"?'],
    [{ abort: 1 }, 'there is no option "abort"; there are timeout, signal, priority, key'],
  ])('%j are refused, with what was meant', async (options, text) => {
    const pool = spawned()
    const error = await failure(call(pool, { type: 'add' } as never, options as never))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining(text) })
    expect(cast(pool, { type: 'add' } as never, options as never)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS' },
    })
  })

  it.each(['key', 'share'])('are refused if "%s" is a promise, which nobody has awaited', async (name) => {
    const pool = spawned()
    const options = { [name]: Promise.reject(new Error('late')) }
    expect(await failure(call(pool, { type: 'add' } as never, options))).toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining(`The option "${name}"`),
    })
  })

  it('of a cast are refused if "latest" is a promise', () => {
    const options = { latest: Promise.reject(new Error('late')) }
    expect(cast(spawned(), { type: 'add' } as never, options)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining('got a promise. Await it first') },
    })
  })

  it.each<[string, object]>([
    [
      'that cannot be read',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('hands off')
          },
        },
      ),
    ],
    [
      'whose timeout throws',
      {
        get timeout(): number {
          throw new Error('hands off')
        },
      },
    ],
    [
      'whose signal throws',
      {
        signal: {
          aborted: false,
          addEventListener: () => {
            throw new Error('hands off')
          },
        },
      },
    ],
  ])('%s are refused, and nothing is thrown at the caller', async (_name, options) => {
    const pool = spawned()
    let answer!: Promise<unknown>
    expect(() => (answer = call(pool, { type: 'add' } as never, options as never))).not.toThrow()
    expect(await failure(answer)).toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining('hands off'),
    })
    expect(() => cast(pool, { type: 'add' } as never, options as never)).not.toThrow()
    expect(inspect(pool).waiting).toBe(0)
  })

  it('with the value undefined count as left out', async () => {
    const pool = spawned()
    const options = { timeout: undefined, signal: undefined, priority: undefined, key: undefined } as never
    expect(await call(pool, { type: 'add' } as never, options)).toBe('added')
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
