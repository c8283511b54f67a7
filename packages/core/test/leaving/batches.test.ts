import {
  call,
  cast,
  type Context,
  definePool,
  getMembers,
  getState,
  inspect,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import { query, stop } from 'nact'
import { clock, system } from '../virtual-system'

interface Message {
  readonly id: string
}

const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id)

/** What the handlers were called with. */
const seen = { runs: [] as string[], ctx: null as Context | null }
beforeEach(() => {
  seen.runs = []
})

/** Waits, and stops when its signal fires, as functions do that take one. */
async function obedient(ms: number, { signal }: Context): Promise<void> {
  await Promise.race([
    clock.wait(ms),
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    }),
  ])
}

const Shop = definePool({
  init: (): { paid: string[] } => ({ paid: [] }),
  calls: {
    pay: {
      batch: 8,
      handle: async (messages: readonly Message[], _state, ctx) => {
        seen.runs.push(idsOf(messages).join(''))
        seen.ctx = ctx
        await obedient(100, ctx)
        return reply(idsOf(messages), (draft) => void draft.paid.push(...idsOf(messages)))
      },
    },
    /** The same with a next state that is made of the state before. */
    book: {
      batch: 8,
      handle: async (messages: readonly Message[], state, ctx) => {
        seen.runs.push(idsOf(messages).join(''))
        seen.ctx = ctx
        await obedient(100, ctx)
        const paid = [...state.paid, ...idsOf(messages)]
        return reply(idsOf(messages), { paid })
      },
    },
    /** Commits, and answers nobody. */
    silent: {
      batch: 8,
      handle: (messages: readonly Message[]) => noReply((draft) => void draft.paid.push(...idsOf(messages))),
    },
    /** Its commit comes first. */
    other: async () => {
      await clock.wait(70)
      return reply('other', (draft) => void draft.paid.push('o'))
    },
    hold: async (_message, state) => {
      await clock.wait(50)
      return reply('held', { paid: [...state.paid, 'h'] }, { commit: 'exclusive' })
    },
  },
  casts: {
    put: {
      batch: 8,
      handle: async (messages: readonly Message[], _state, ctx) => {
        seen.runs.push(idsOf(messages).join(''))
        await obedient(100, ctx)
        return noReply((draft) => void draft.paid.push(...idsOf(messages)))
      },
    },
  },
})

const open = async (options: PoolOptions = {}) => {
  const pool = spawnPool(system, Shop, 'shop', {
    size: 1,
    clock,
    broker: { budget: false, client: { order: 'fifo' } },
    ...options,
  } as PoolOptions)
  await clock.settle()
  return { pool, paid: () => (getState(pool) as { paid: readonly string[] }).paid.join('') }
}
type Shops = Awaited<ReturnType<typeof open>>['pool']
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
/** Sends a batch: a message for each id. Returns what becomes of them. */
const batch = (pool: Shops, options: readonly object[], type: 'pay' | 'book' | 'silent' = 'pay') =>
  options.map((each, i) => outcome(call(pool, { type, id: 'abcdefgh'[i]! }, each)))
const may = { started: true, mayBeCommitted: true }
const not = { started: true, mayBeCommitted: false }
const EXPIRED = 'ERR_GENPOOL_EXPIRED'
const CANCELLED = 'ERR_GENPOOL_CANCELLED'

describe('a batch that one of its callers leaves', () => {
  it.each([
    [{ timeout: 50 }, {}, {}],
    [{}, { timeout: 50 }, {}],
    [{}, {}, { timeout: 50 }],
  ])('goes on for the others, whoever that is: its signal does not fire (%#)', async (...options) => {
    const { pool, paid } = await open()
    const all = batch(pool, options)
    await clock.advance(60)
    expect(seen.ctx?.signal.aborted).toBe(false)
    await clock.advance(60)
    const left = options.findIndex((each) => 'timeout' in each)
    const expected: unknown[] = ['a', 'b', 'c']
    expected[left] = { code: EXPIRED, ...may, message: expect.stringContaining('it goes on for them') as string }
    expect(await Promise.all(all)).toMatchObject(expected)
    expect(paid()).toBe('abc')
    expect(inspect(pool)).toMatchObject({ outcomes: { replied: 2, expired: 1, crashed: 0 }, restarts: 0 })
  })

  it('tells a caller that aborts that its message goes on with those of the others', async () => {
    const { pool, paid } = await open()
    const controller = new AbortController()
    const all = batch(pool, [{ signal: controller.signal }, {}])
    await clock.advance(50)
    controller.abort(new Error('enough'))
    await clock.advance(60)
    const [a, b] = await Promise.all(all)
    expect(a).toMatchObject({ code: CANCELLED, ...may, cause: { message: 'enough' } })
    expect((a as Error).message).toBe(
      'A request to "shop" was cancelled by its caller, but others wait for the same run, and it goes on for them. Read the ' +
        'state, or make the change repeatable, before you send it again.',
    )
    expect([b, paid()]).toEqual(['b', 'ab'])
  })

  it('stops when the last one leaves: its signal fires, nothing is committed, and its member goes on', async () => {
    const { pool, paid } = await open()
    const member = getMembers(pool)[0]?.name
    const all = batch(pool, [{ timeout: 30 }, { timeout: 50 }, { timeout: 40 }])
    await clock.advance(45)
    expect(seen.ctx?.signal.aborted).toBe(false)
    await clock.advance(10)
    expect(seen.ctx?.signal).toMatchObject({ aborted: true, reason: { code: EXPIRED } })
    await clock.advance(100)
    expect(await Promise.all(all)).toMatchObject([may, not, may])
    expect(paid()).toBe('')
    expect(inspect(pool)).toMatchObject({ outcomes: { expired: 3, crashed: 0 }, restarts: 0 })
    expect(getMembers(pool)[0]?.name).toBe(member)
    const next = call(pool, { type: 'pay', id: 'x' })
    await clock.advance(110)
    expect(await next).toBe('x')
  })

  it('has a signal that is read later in the state that it is in', async () => {
    const { pool } = await open()
    const other = definePool({
      calls: {
        late: {
          batch: 4,
          handle: async (messages: readonly Message[], _state, ctx) => {
            await clock.wait(50)
            const before = ctx.signal.aborted
            await clock.wait(50)
            seen.runs.push(`${before} ${ctx.signal.aborted}`)
            return reply(idsOf(messages))
          },
        },
      },
    })
    const late = spawnPool(system, other, 'late', { size: 1, clock, broker: { budget: false } })
    const all = [40, 80].map((timeout) => outcome(call(late, { type: 'late', id: 'a' }, { timeout })))
    await clock.advance(200)
    await Promise.all(all)
    expect(seen.runs).toEqual(['false true'])
    stop(pool)
  })

  it('has as much time as the one that waits longest', async () => {
    const { pool } = await open()
    const controller = new AbortController()
    const all = batch(pool, [{ timeout: 150 }, { timeout: 500, signal: controller.signal }, { timeout: 300 }])
    await clock.settle()
    expect(seen.ctx?.remainingMs).toBe(500)
    controller.abort()
    expect(seen.ctx?.remainingMs).toBe(300)
    await clock.advance(200)
    await Promise.all(all)
  })

  it('fires its signal when the pool stops', async () => {
    const { pool } = await open()
    const all = batch(pool, [{}, {}])
    await clock.advance(10)
    stop(pool)
    await clock.advance(10)
    expect(seen.ctx?.signal).toMatchObject({ aborted: true, reason: { code: 'ERR_GENPOOL_STOPPED' } })
    expect(await Promise.all(all)).toMatchObject([not, not])
  })

  it('makes dead letters of casts that say the same', async () => {
    const { pool, paid } = await open()
    const letters: unknown[] = []
    watchDeadLetters(pool, ({ message, error }) => letters.push([(message as Message).id, error]))
    cast(pool, { type: 'put', id: 'a' }, { timeout: 50 })
    cast(pool, { type: 'put', id: 'b' })
    await clock.advance(200)
    expect(letters).toMatchObject([['a', { code: EXPIRED, ...may }]])
    expect(paid()).toBe('ab')
    cast(pool, { type: 'put', id: 'c' }, { timeout: 50 })
    cast(pool, { type: 'put', id: 'd' }, { timeout: 60 })
    await clock.advance(200)
    expect(letters.slice(1)).toMatchObject([
      ['c', { code: EXPIRED, ...may }],
      ['d', { code: EXPIRED, ...not }],
    ])
    expect(paid()).toBe('ab')
    expect(inspect(pool).outcomes.crashed).toBe(0)
  })

  it('goes on for a call when a query leaves', async () => {
    const { pool, paid } = await open()
    const asked = outcome(query(pool, { type: 'pay', id: 'q' }, 50) as Promise<unknown>)
    const called = call(pool, { type: 'pay', id: 'c' })
    await clock.advance(120)
    expect(await asked).toMatchObject({ code: EXPIRED, ...may })
    expect([await called, paid()]).toEqual(['c', 'qc'])
  })

  it('counts as committed for those that it does not answer', async () => {
    const { pool, paid } = await open()
    const all = batch(pool, [{ timeout: 30 }, { timeout: 40 }, { timeout: 50 }], 'silent')
    await clock.advance(100)
    expect(await Promise.all(all)).toMatchObject([may, may, may])
    expect(paid()).toBe('abc')
  })

  it('is not left by a delivered cast: it is done if the commit is', async () => {
    const { pool, paid } = await open()
    const ends: unknown[] = []
    const delivery = { attempt: 1 } as never
    const put = { type: 'put', id: 'd' }
    const delivered = deliver(pool as never, put, { delivery, timeout: 1000 }, (error) => ends.push(error))
    cast(pool, { type: 'put', id: 'e' })
    await clock.advance(50)
    delivered.cancel()
    await clock.advance(100)
    expect([ends, paid()]).toEqual([[undefined], 'de'])
  })
})

describe('a batch that runs again after another commit came first', () => {
  it('goes without the messages whose callers have left, also without the first', async () => {
    const { pool, paid } = await open({ size: 2 })
    const other = call(pool, { type: 'other' })
    const all = batch(pool, [{ timeout: 50 }, {}, { timeout: 60 }, {}], 'book')
    await clock.advance(300)
    expect(await other).toBe('other')
    expect(await Promise.all(all)).toMatchObject([may, 'b', may, 'd'])
    expect(seen.runs).toEqual(['abcd', 'bd'])
    expect(paid()).toBe('obd')
  })

  it('still stops when the last one leaves', async () => {
    const { pool, paid } = await open({ size: 2 })
    const other = call(pool, { type: 'other' })
    const all = batch(pool, [{ timeout: 50 }, { timeout: 150 }], 'book')
    await clock.advance(300)
    await other
    expect(await Promise.all(all)).toMatchObject([may, not])
    expect([seen.runs, paid()]).toEqual([['ab', 'b'], 'o'])
    expect(inspect(pool)).toMatchObject({ outcomes: { crashed: 0 }, restarts: 0 })
  })

  it('tells those that leave while it waits for the state, before its first run, that they never ran', async () => {
    const { pool, paid } = await open({ size: 2, state: { type: 'shared', commit: 'exclusive' } })
    const other = call(pool, { type: 'hold' })
    await clock.settle()
    const all = batch(pool, [{ timeout: 20 }, {}, { timeout: 30 }], 'book')
    await clock.advance(300)
    expect(await other).toBe('held')
    const never = { started: false, mayBeCommitted: false }
    expect(await Promise.all(all)).toMatchObject([never, 'b', never])
    expect([seen.runs, paid()]).toEqual([['b'], 'hb'])
  })
})
