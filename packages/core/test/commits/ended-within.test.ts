import { call, type CallOptions, definePool, type PoolOptions, ready, reply, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { lateStore } from './late-store'

interface Account {
  readonly paid: number
}
type Ctx = { afterCommit(effect: () => void): void }

/** What happens while a commit is made. */
let during: () => void
let effects = 0

let where = ''
const add = (draft: { paid: number }): void => {
  if (where === 'the recipe') during()
  draft.paid++
}
const note = (ctx: Ctx): void => ctx.afterCommit(() => void effects++)
const Bank = definePool({
  init: (): Account => ({ paid: 0 }),
  calls: {
    recipe: (_: object, _state, ctx) => {
      note(ctx)
      return reply('paid', (draft) => add(draft))
    },
    next: (_: object, { paid }, ctx) => {
      note(ctx)
      return reply('paid', { paid: paid + 1 })
    },
    async: async (_: object, _state, ctx) => {
      await Promise.resolve()
      note(ctx)
      return reply('paid', (draft) => add(draft))
    },
    batch: {
      batch: 4,
      handle: (messages: readonly object[], _state, ctx) => {
        note(ctx)
        return reply(
          messages.map(() => 'paid'),
          (draft) => add(draft),
        )
      },
    },
  },
})

async function payments(type: string, place: string, commit: string) {
  where = place
  during = () => undefined
  const store = createStore()
  const validate = (): true => {
    if (where === 'validate') during()
    return true
  }
  const state = { store, key: 'bank', commit, ...(place === 'validate' ? { validate } : {}) }
  const pool = spawnPool(system, Bank, 'bank', { size: 2, clock, state } as PoolOptions)
  const send = (options: CallOptions = {}): Promise<unknown> =>
    call(pool, { type } as never, options).catch((error: unknown) => error)
  await clock.advance(1)
  const first = send()
  await clock.advance(1)
  await first
  const cell = store.cell<Account>('bank')
  if (place === 'a watcher') cell.watch(() => during())
  effects = 0
  return { pool, cell, send }
}

describe.each(['recipe', 'next', 'async', 'batch'])('a call whose handler commits by %s', (type) => {
  describe.each(['retry', 'exclusive', 'overwrite', 'update'])('in the mode %s', (commit) => {
    const places: readonly (readonly [counts: string, place: string])[] = [
      ['may count', 'a watcher'],
      ['may count', 'validate'],
      ...(type === 'next' ? [] : [['does not count', 'the recipe'] as const]),
    ]
    if (type === 'next' && commit === 'update') return
    it.each(places)('is told that it %s, if %s aborts it or stops its pool', async (counts, place) => {
      for (const how of ['abort', 'stop']) {
        const { pool, cell, send } = await payments(type, place, commit)
        const controller = new AbortController()
        during = () => (how === 'abort' ? controller.abort() : stop(pool))
        const answer = send({ signal: controller.signal })
        await clock.advance(1)
        expect(await answer).toMatchObject({
          code: how === 'abort' ? 'ERR_GENPOOL_CANCELLED' : 'ERR_GENPOOL_STOPPED',
          started: true,
          mayBeCommitted: counts === 'may count',
        })
        expect([cell.value.paid, effects]).toEqual(counts === 'may count' ? [2, 1] : [1, 0])
        during = () => undefined
        stop(pool)
        await clock.advance(1)
      }
    })
  })
})

describe('a call that is aborted', () => {
  it('is told that nothing counts when its commit was refused, or has not begun', async () => {
    const { cell, send, pool } = await payments('async', 'a watcher', 'retry')
    const controller = new AbortController()
    const answer = send({ signal: controller.signal })
    controller.abort()
    await clock.advance(1)
    expect(await answer).toMatchObject({ mayBeCommitted: false })
    expect(cell.value.paid).toBe(1)
    stop(pool)
  })

  it('is told so also after an earlier call of that member has committed', async () => {
    const { send, pool } = await payments('recipe', 'a watcher', 'retry')
    for (const type of ['recipe', 'next']) {
      const paid = call(pool, { type } as never)
      await clock.advance(1)
      expect(await paid).toBe('paid')
    }
    const controller = new AbortController()
    const answer = send({ signal: controller.signal })
    controller.abort()
    await clock.advance(1)
    expect(await answer).toMatchObject({ mayBeCommitted: false })
  })
})

describe('a call that the function which makes its answer ends', () => {
  const Shop = definePool({
    init: () => ({ sold: 0 }),
    calls: {
      sell: () => reply(answer, (draft) => void draft.sold++),
      look: () => reply(answer),
    },
  })
  const answer = (): string => {
    during()
    return 'sold'
  }

  describe.each(['in memory', 'in a store that takes time'])('with a state %s', (where) => {
    it.each([
      ['sell', 'abort', true],
      ['sell', 'stop', true],
      ['look', 'stop', false],
    ] as const)('is told what may count (%s, %s)', async (type, how, mayBeCommitted) => {
      const late = lateStore(clock)
      const state = where === 'in memory' ? 'shared' : ({ type: 'shared', store: late.store } as const)
      const pool = spawnPool(system, Shop, 'shop', { size: 1, clock, state })
      await clock.settle()
      await ready(pool)
      late.takes(10)
      const controller = new AbortController()
      during = () => (how === 'abort' ? controller.abort() : stop(pool))
      const options = how === 'abort' ? { signal: controller.signal } : {}
      const sold = call(pool, { type }, options).catch((error: unknown) => error)
      await clock.advance(20)
      expect(await sold).toMatchObject({ started: true, mayBeCommitted })
    })
  })
})
