import {
  call,
  type CallOptions,
  cast,
  definePool,
  type Delivery,
  drain,
  getState,
  inspect,
  map,
  noReply,
  type PoolOptions,
  ready,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import { query, stop } from 'nact'
import { clock, system } from '../virtual-system'
import { lateStore } from './late-store'

interface Paid {
  readonly paid: readonly string[]
}

const effects: string[] = []
const Shop = definePool({
  init: (): { paid: string[] } => ({ paid: [] }),
  calls: {
    pay: ({ id }: { id: string }, _state, ctx) => {
      ctx.afterCommit(() => effects.push(id))
      return reply('paid', (draft) => void draft.paid.push(id))
    },
    payLater: async ({ id }: { id: string }, state) => {
      await clock.wait(10)
      return reply('paid', { paid: [...state.paid, id] })
    },
    alone: ({ id }: { id: string }, state) => reply('paid', { paid: [...state.paid, id] }, { commit: 'exclusive' }),
    look: async (_: object, state) => {
      await clock.wait(500)
      return reply(state.paid.length)
    },
    unanswered: ({ id }: { id: string }) => noReply((draft) => void draft.paid.push(id)),
  },
  casts: { put: ({ id }: { id: string }) => noReply((draft) => void draft.paid.push(id)) },
})

/** A pool whose commits take 200 ms. */
async function open(options: PoolOptions = {}) {
  effects.length = 0
  const late = lateStore(clock)
  const pool = spawnPool(system, Shop, 'shop', {
    size: 4,
    clock,
    state: { type: 'shared', store: late.store },
    ...options,
  } as PoolOptions)
  const letters: unknown[] = []
  watchDeadLetters(pool, ({ error }) => letters.push(error))
  await clock.settle()
  await ready(pool)
  late.takes(200)
  return { ...late, pool, letters, paid: () => (getState(pool) as Paid).paid }
}
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  )
async function all(entries: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const entry of entries) found.push(entry)
  return found
}
const may = { started: true, mayBeCommitted: true }
const READ = /may count\. Read the state, or make the change repeatable, before you send it again/

describe('a request whose commit is being written when it ends', () => {
  it.each(['pay', 'payLater', 'alone'] as const)(
    'is told at its deadline that its commit may count: %s',
    async (type) => {
      const { pool, paid } = await open()
      const error = errorOf(call(pool, { type, id: 'a' }, { timeout: 50 }))
      await clock.advance(60)
      expect(await error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', ...may, message: expect.stringMatching(READ) })
      expect(paid()).toEqual([])
      await clock.advance(200)
      expect(paid()).toEqual(['a'])
      expect(effects).toEqual(type === 'pay' ? ['a'] : [])
      expect(inspect(pool).outcomes).toMatchObject({ expired: 1, replied: 0 })
    },
  )

  it('is told so when its caller aborts, too', async () => {
    const { pool, paid } = await open()
    const abort = new AbortController()
    const error = errorOf(call(pool, { type: 'pay', id: 'a' }, { signal: abort.signal }))
    await clock.advance(50)
    abort.abort('enough')
    await clock.settle()
    expect(await error).toMatchObject({
      code: 'ERR_GENPOOL_CANCELLED',
      cause: 'enough',
      ...may,
      message: expect.stringMatching(READ),
    })
    await clock.advance(200)
    expect(paid()).toEqual(['a'])
  })

  it.each([
    ['stops', (pool: never) => stop(pool)],
    ['drains, and the time for that is over', (pool: never) => void drain(pool, { within: 10 })],
  ])('is told so when its pool %s', async (_what, end) => {
    const { pool, store, letters } = await open()
    const error = errorOf(call(pool, { type: 'pay', id: 'a' }))
    cast(pool, { type: 'put', id: 'b' })
    await clock.advance(20)
    end(pool as never)
    await clock.advance(20)
    const told = { code: 'ERR_GENPOOL_STOPPED', ...may, message: expect.stringMatching(READ) }
    expect(await error).toMatchObject(told)
    expect(letters).toMatchObject([told])
    await clock.advance(400)
    expect(store.get('shop')).toEqual({ paid: ['a', 'b'] })
  })

  it('is told so as a query of nact, as each of those that share its run, and as an entry of "map"', async () => {
    const { pool, paid } = await open()
    const one = (options: CallOptions) => errorOf(call(pool, { type: 'pay', id: 'shared' }, { share: 1, ...options }))
    const asked = query(pool as never, () => ({ type: 'pay', id: 'query' }) as never, 50)
    const entries = all(map(pool, [{ type: 'pay', id: 'entry' }] as const, { timeout: 50 }))
    const told = [errorOf(asked), one({ timeout: 50 }), one({ timeout: 70 }), errorOf(entries)]
    await clock.advance(80)
    for (const error of await Promise.all(told)) expect(error).toMatchObject(may)
    await clock.advance(600)
    expect([...paid()].sort()).toEqual(['entry', 'query', 'shared'])
  })

  it('is not told so while its handler runs, or when it ran without a change: nothing is committed then', async () => {
    const { pool, paid } = await open()
    const told = [{ type: 'payLater', id: 'a' } as const, { type: 'look' } as const].map((message) =>
      errorOf(call(pool, message, { timeout: 5 })),
    )
    await clock.advance(10)
    for (const error of await Promise.all(told)) {
      expect(error).toMatchObject({
        started: true,
        mayBeCommitted: false,
        message: expect.stringContaining('its result is discarded'),
      })
    }
    await clock.advance(1000)
    expect(paid()).toEqual([])
  })

  it('is told that the commit was done if only the answer was missing', async () => {
    const { pool, paid } = await open()
    const error = errorOf(call(pool, { type: 'unanswered', id: 'a' }, { timeout: 300 }))
    await clock.advance(310)
    expect(await error).toMatchObject({ ...may, message: expect.stringContaining('its commit was done') })
    expect(paid()).toEqual(['a'])
  })

  it('is not repeated by "retry"', async () => {
    const { pool, paid } = await open()
    const error = errorOf(
      call(pool, { type: 'pay', id: 'a' }, { timeout: 50, retry: { attempts: 3, backoff: { min: 1 } } }),
    )
    await clock.advance(1000)
    expect(await error).toMatchObject(may)
    expect(paid()).toEqual(['a'])
  })
})

describe('a member whose commit is being written', () => {
  it('is not replaced by "stuckAfter", and answers when that is done', async () => {
    const { pool, paid, letters } = await open({ stuckAfter: 50, retryOnCrash: { pay: 2 } })
    const answer = call(pool, { type: 'pay', id: 'a' })
    cast(pool, { type: 'put', id: 'b' })
    await clock.advance(1000)
    expect(await answer).toBe('paid')
    expect(paid()).toEqual(['a', 'b'])
    expect(letters).toEqual([])
    expect(inspect(pool).outcomes).toMatchObject({ replied: 2, crashed: 0 })
  })

  it('is replaced by "stuckAfter" if its handler hangs, after earlier commits that took long', async () => {
    const { pool } = await open({ stuckAfter: 50, size: 1 })
    const first = call(pool, { type: 'pay', id: 'a' })
    const second = errorOf(call(pool, { type: 'look' }))
    await clock.advance(400)
    expect(await first).toBe('paid')
    expect(await second).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: false, mayBeCommitted: false })
  })
})

const delivery: Delivery = { id: 'a', attempt: 1, storedAt: new Date(5), seq: 7, key: undefined }

describe('a delivered cast whose commit is being written', () => {
  const send = (pool: never, message: object, timeout: number) => {
    const told: unknown[] = []
    const running = deliver(pool, message, { delivery, timeout }, (error, runs) => told.push([error?.code, runs]))
    return { told, running }
  }

  it('is done when that is done, although its time is over or it was ended', async () => {
    const { pool, paid } = await open()
    const late = send(pool as never, { type: 'put', id: 'late' }, 50)
    const ended = send(pool as never, { type: 'put', id: 'ended' }, 1000)
    await clock.advance(100)
    ended.running.cancel()
    await clock.settle()
    expect([late.told, ended.told]).toEqual([[], []])
    await clock.advance(200)
    expect([late.told, ended.told]).toEqual([[[undefined, 1]], [[undefined, 1]]])
    expect(paid()).toEqual(['late', 'ended'])
    expect(inspect(pool).outcomes).toMatchObject({ replied: 2, expired: 0, cancelled: 0 })
  })

  it('is done although its pool stops', async () => {
    const { pool, store } = await open()
    const { told } = send(pool as never, { type: 'put', id: 'a' }, 1000)
    await clock.advance(100)
    stop(pool as never)
    await clock.settle()
    expect(told).toEqual([])
    await clock.advance(200)
    expect(told).toEqual([[undefined, 1]])
    expect(store.get('shop')).toEqual({ paid: ['a'] })
  })

  it('has failed if the commit has, in a pool that has stopped', async () => {
    const { pool, store, fails } = await open()
    fails()
    const { told } = send(pool as never, { type: 'put', id: 'a' }, 1000)
    await clock.advance(100)
    stop(pool as never)
    await clock.settle()
    expect(told).toEqual([])
    await clock.advance(500)
    expect(told).toEqual([['ERR_GENPOOL_NOT_COMMITTED', 1]])
    expect(store.get('shop')).toEqual({ paid: [] })
  })

  it('has failed if the commit has', async () => {
    const { pool, paid, fails } = await open()
    fails()
    const { told } = send(pool as never, { type: 'put', id: 'a' }, 50)
    await clock.advance(1000)
    expect(told).toEqual([['ERR_GENPOOL_NOT_COMMITTED', 1]])
    expect(paid()).toEqual([])
  })

  it('whose time is over does not run again if another commit comes first', async () => {
    const { pool, paid } = await open()
    const ends = ['first', 'second', 'third'].map((id) => send(pool as never, { type: 'payLater', id }, 50))
    await clock.advance(100)
    ends[2]?.running.cancel()
    await clock.advance(2000)
    const codes = ends.map(({ told }) => told)
    expect(codes[0]).toEqual([[undefined, 1]])
    expect(codes[1]).toEqual([['ERR_GENPOOL_EXPIRED', 1]])
    expect(codes[2]).toEqual([['ERR_GENPOOL_CANCELLED', 1]])
    expect(paid()).toEqual(['first'])
  })
})
