import {
  call,
  definePool,
  drain,
  getState,
  inspect,
  noReply,
  type PoolOptions,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { lateStore } from './late-store'

const Shop = definePool({
  init: (): { paid: string[] } => ({ paid: [] }),
  calls: {
    pay: {
      batch: 8,
      handle: (messages: readonly { id: string }[]) =>
        reply(
          messages.map(({ id }) => id),
          (draft) => void draft.paid.push(...messages.map(({ id }) => id)),
        ),
    },
  },
  casts: {
    put: {
      batch: 8,
      handle: (messages: readonly { id: string }[]) =>
        noReply((draft) => void draft.paid.push(...messages.map(({ id }) => id))),
    },
  },
})
const IDS = ['a', 'b', 'c']

/** A pool with one member, whose commits take 200 ms. */
async function open(options: PoolOptions = {}) {
  const late = lateStore(clock)
  const state = { type: 'shared', store: late.store }
  const pool = spawnPool(system, Shop, 'shop', { size: 1, clock, state, ...options } as PoolOptions)
  await clock.settle()
  await ready(pool)
  late.takes(200)
  return { ...late, pool, paid: () => (getState(pool) as { paid: readonly string[] }).paid }
}
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
const may = { started: true, mayBeCommitted: true }

describe('a batch whose commit is being written', () => {
  it('has each message told at its deadline that this may count, and the others get their answers', async () => {
    const { pool, paid } = await open()
    const ends = [50, 100, 5000].map((timeout, i) => outcome(call(pool, { type: 'pay', id: IDS[i]! }, { timeout })))
    await clock.advance(300)
    const expired = { code: 'ERR_GENPOOL_EXPIRED', ...may }
    expect(await Promise.all(ends)).toMatchObject([expired, expired, 'c'])
    expect(paid()).toEqual(IDS)
  })

  it('has a message told so that aborts, first or not', async () => {
    const { pool, paid } = await open()
    const aborts = IDS.map(() => new AbortController())
    const ends = IDS.map((id, i) => outcome(call(pool, { type: 'pay', id }, { signal: aborts[i]!.signal })))
    await clock.advance(50)
    for (const abort of [aborts[0]!, aborts[2]!]) abort.abort()
    await clock.advance(200)
    const cancelled = { code: 'ERR_GENPOOL_CANCELLED', ...may }
    expect(await Promise.all(ends)).toMatchObject([cancelled, 'b', cancelled])
    expect(paid()).toEqual(IDS)
  })

  it.each([
    ['stops', (pool: never) => stop(pool)],
    ['drains, and the time for that is over', (pool: never) => void drain(pool, { within: 10 })],
  ])('has all told so when the pool %s', async (_, end) => {
    const { pool, store } = await open()
    const ends = IDS.map((id) => outcome(call(pool, { type: 'pay', id })))
    await clock.advance(50)
    end(pool as never)
    await clock.advance(20)
    const stopped = { code: 'ERR_GENPOOL_STOPPED', ...may }
    expect(await Promise.all(ends)).toMatchObject([stopped, stopped, stopped])
    await clock.advance(400)
    expect(store.get('shop')).toEqual({ paid: IDS })
  })

  it('is not given up by "stuckAfter"', async () => {
    const { pool, paid } = await open({ stuckAfter: 50, retryOnCrash: { pay: 2 } })
    const ends = IDS.map((id) => outcome(call(pool, { type: 'pay', id })))
    await clock.advance(1000)
    expect(await Promise.all(ends)).toEqual(IDS)
    expect(paid()).toEqual(IDS)
    expect(inspect(pool)).toMatchObject({ restarts: 0, outcomes: { crashed: 0 } })
  })

  it('has each delivered cast done when it is, though their times are over and the pool stops', async () => {
    const { pool, store } = await open()
    const told: unknown[] = []
    for (const id of IDS) {
      const delivery = { id, attempt: 1, storedAt: new Date(5), seq: 7, key: undefined }
      const ended = (error: unknown, runs: number) => told.push([id, error, runs])
      deliver(pool as never, { type: 'put', id }, { delivery, timeout: 50 }, ended)
    }
    await clock.advance(100)
    stop(pool)
    await clock.settle()
    expect(told).toEqual([])
    await clock.advance(400)
    expect(told).toEqual(IDS.map((id) => [id, undefined, 1]))
    expect(store.get('shop')).toEqual({ paid: IDS })
  })
})
