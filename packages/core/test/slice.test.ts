import {
  call,
  cast,
  definePool,
  getMembers,
  getState,
  noReply,
  OptionsError,
  type PoolRef,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { type ActorSystemRef, dispatch, query, start, stop } from 'nact'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: (msg: { value: number }, state) =>
      reply(state.count + msg.value, (draft) => {
        draft.count += msg.value
      }),
    get: (_msg, state) => reply(state.count),
    slowAdd: async (msg: { value: number }, state) => {
      await Promise.resolve()
      return reply(undefined, { count: state.count + msg.value })
    },
    slowAddOrThrow: async (msg: { value: number; fails: boolean }, state) => {
      const { count } = state
      await new Promise((resolve) => setImmediate(resolve))
      if (msg.fails) throw new Error('this one fails')
      return reply(count, { count: count + msg.value })
    },
    never: () => new Promise<never>(() => undefined),
    fail: () => {
      throw new TypeError('no such thing')
    },
  },
  casts: {
    add: (msg: { value: number }) =>
      noReply((draft) => {
        draft.count += msg.value
      }),
    slowAdd: async (msg: { value: number }, state) => {
      await Promise.resolve()
      return noReply({ count: state.count + msg.value })
    },
  },
})

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const counter = (size = 5, state: 'shared' | 'isolated' = 'shared') =>
  spawnPool(system, Counter, 'counter', { size, state })

/** 50 clients, each of which sends 200 messages, one after another. */
async function clients(send: (n: number) => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: 50 }, async (_, client) => {
      for (let i = 0; i < 200; i++) await send(client * 200 + i)
    }),
  )
}

/** Waits until all casts sent so far have been handled. */
async function settled(pool: ReturnType<typeof counter>, total: number): Promise<void> {
  while ((await call(pool, { type: 'get' })) < total) await new Promise((resolve) => setImmediate(resolve))
}

describe('the classic example', () => {
  it('adds 5, casts 5, adds 5 and has 15', async () => {
    const pool = spawnPool(system, Counter, 'counter', {
      size: 5,
      state: 'shared',
      broker: { client: { type: 'drop', max: 10_000 } },
    })
    expect(await call(pool, { type: 'add', value: 5 })).toBe(5)
    expect(cast(pool, { type: 'add', value: 5 })).toEqual({ ok: true })
    expect(await query(pool, { type: 'add', value: 5 }, 1000)).toBe(15)
    expect(getState(pool)).toEqual({ count: 15 })
  })
})

describe('a shared state', () => {
  it('ends at exactly 10 000 with recipes', async () => {
    const pool = counter()
    await clients(() => call(pool, { type: 'add', value: 1 }))
    expect(getState(pool).count).toBe(10_000)
  })

  it('ends at exactly 10 000 when handlers await between reading and returning the next state', async () => {
    const pool = counter()
    await clients(() => call(pool, { type: 'slowAdd', value: 1 }))
    expect(getState(pool).count).toBe(10_000)
  })

  it('ends at exactly 10 000 with casts, awaiting ones and others, and dispatches', async () => {
    const pool = counter()
    await clients(async (n) => {
      if (n % 3 === 0) cast(pool, { type: 'add', value: 1 })
      else if (n % 3 === 1) cast(pool, { type: 'slowAdd', value: 1 })
      else dispatch(pool, { type: 'add', value: 1 })
      await Promise.resolve()
    })
    await settled(pool, 10_000)
    expect(getState(pool).count).toBe(10_000)
  })

  it('counts exactly the successful calls when every tenth handler throws after its await', async () => {
    const pool = counter()
    let failed = 0
    await clients((n) =>
      call(pool, { type: 'slowAddOrThrow', value: 1, fails: n % 10 === 0 }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
        failed++
      }),
    )
    expect(failed).toBe(1000)
    expect(getState(pool).count).toBe(9000)
    expect(getMembers(pool)).toHaveLength(5)
  })
})

describe('an isolated state', () => {
  it('is separate for each member', async () => {
    const pool = counter(3, 'isolated')
    await clients(() => call(pool, { type: 'slowAdd', value: 1 }))
    const states = getState(pool) as unknown as { count: number }[]
    expect(states).toHaveLength(3)
    expect(states.reduce((sum, state) => sum + state.count, 0)).toBe(10_000)
    expect(Math.min(...states.map((state) => state.count))).toBeGreaterThan(0)
  })
})

describe('a handler that throws', () => {
  it('rejects its caller at once with the cause, and its member is replaced', async () => {
    const pool = counter(1)
    await call(pool, { type: 'add', value: 7 })
    const error: unknown = await call(pool, { type: 'fail' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', pool: 'counter', member: 'member-1.1', type: 'fail' })
    expect((error as Error).cause).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain('no such thing')
    expect(getMembers(pool).map((member) => member.name)).toEqual(['member-1.2'])
    expect(await call(pool, { type: 'add', value: 1 })).toBe(8)
  })

  it('loses nothing else: waiting requests are served by the next incarnation', async () => {
    const pool = counter(1)
    const calls = [
      call(pool, { type: 'add', value: 1 }),
      call(pool, { type: 'fail' }).catch(() => 'failed'),
      call(pool, { type: 'add', value: 1 }),
      call(pool, { type: 'get' }),
    ]
    expect(await Promise.all(calls)).toEqual([1, 'failed', 2, 2])
  })
})

describe.each([
  ['stop(pool)', (pool: PoolRef) => stop(pool)],
  ['stop(system)', () => stop(system)],
])('%s', (_how, end) => {
  it('leaves no member alive and rejects waiting and running requests', async () => {
    const pool = counter(1)
    const running = call(pool, { type: 'never' })
    const waiting = [call(pool, { type: 'get' }), query(pool, { type: 'get' }, 1000)]
    await new Promise((resolve) => setImmediate(resolve))
    const [member] = getMembers(pool)
    end(pool as never)
    await expect(running).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    for (const call of waiting)
      await expect(call).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
    expect(findActor(member!.ref as never)).toBeUndefined()
    expect(findActor(pool as never)).toBeUndefined()
    await expect(call(pool, { type: 'get' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(cast(pool, { type: 'add', value: 1 })).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_STOPPED' } })
    expect(() => dispatch(pool, { type: 'add', value: 1 })).not.toThrow()
  })
})

describe('a full client queue', () => {
  it('drops with a typed error that says why', async () => {
    const pool = spawnPool(system, Counter, 'counter', { size: 1, broker: { client: { type: 'drop', max: 2 } } })
    const running = call(pool, { type: 'never' }, { timeout: 20 }).catch(() => 'gone')
    const waiting = [call(pool, { type: 'get' }, { timeout: 20 }), call(pool, { type: 'get' }, { timeout: 20 })]
    await expect(call(pool, { type: 'get' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_DROPPED',
      reason: 'max',
      queueLength: 2,
    })
    const refused = cast(pool, { type: 'add', value: 1 })
    expect(refused).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_DROPPED', reason: 'max' } })
    await Promise.allSettled([running, ...waiting])
  })
})

describe('wrong options', () => {
  it('throw an error that names the key, the accepted keys and where; nothing is spawned', () => {
    const spawn = (): unknown => spawnPool(system, Counter, 'x', { sise: 5 } as never)
    expect(spawn).toThrow(OptionsError)
    expect(spawn).toThrow(
      /options of pool "x".*\n.*at the top: unknown key "sise" \(did you mean "size"\?\). Accepted keys: .*size/,
    )
    expect(findActor(system as never)?.children.size).toBe(0)
  })

  it('are found at any depth', () => {
    const spawn = (): unknown =>
      spawnPool(system, Counter, 'x', { broker: { client: { type: 'drop', maks: 5 } } } as never)
    expect(spawn).toThrow(/at broker.client.*maks.*max/s)
  })
})

it('waits for an asynchronous init', async () => {
  const Slow = definePool({
    init: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 41
    },
    calls: { next: (_msg, state) => reply(state + 1, state + 1) },
  })
  const pool = spawnPool(system, Slow, 'slow')
  const early = call(pool, { type: 'next' })
  expect(() => getState(pool)).toThrow('await ready(pool)')
  await ready(pool)
  expect(await early).toBe(42)
  expect(getState(pool)).toBe(42)
})
