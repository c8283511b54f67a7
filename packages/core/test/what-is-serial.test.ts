import { call, definePool, getState, type PoolOptions, reply, spawnPool } from '@genpool/core'
import fc from 'fast-check'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const Tickets = definePool({
  init: () => ({ sold: 0 }),
  calls: {
    /** The answer is a function of the committed state. */
    byFunction: async (msg: { ms: number }, _state) => {
      await clock.wait(msg.ms)
      return reply(
        (committed) => committed.sold,
        (draft) => {
          draft.sold += 1
        },
      )
    },
    /** The answer comes from what was read before the await; the state does not. */
    bySnapshot: async (msg: { ms: number }, state) => {
      await clock.wait(msg.ms)
      return reply(state.sold + 1, (draft) => {
        draft.sold += 1
      })
    },
    /** Answer and next state come from what was read before the await: it runs again if that is old. */
    byNextState: async (msg: { ms: number }, state) => {
      await clock.wait(msg.ms)
      return reply(state.sold + 1, { sold: state.sold + 1 })
    },
    /** As `bySnapshot`, without an await. */
    atOnce: (_msg: { ms: number }, state) =>
      reply(state.sold + 1, (draft) => {
        draft.sold += 1
      }),
  },
})
type Way = 'byFunction' | 'bySnapshot' | 'byNextState' | 'atOnce'

/** Sells with each of these waits, all at once. Returns the sorted answers and how many were sold. */
const sell = async (type: Way, waits: readonly number[], options: PoolOptions = {}) => {
  const pool = spawnPool(system, Tickets, undefined, { size: 10, clock, timeout: Infinity, ...options })
  const asked = waits.map((ms) => call(pool, { type, ms }))
  await clock.advance(10_000)
  const answers = (await Promise.all(asked)).sort((a, b) => a - b)
  const { sold } = getState(pool)
  stop(pool as never)
  return { answers, sold }
}
const FIFTY = Array.from({ length: 50 }, (_, i) => 5 + ((i * 7) % 11))
const oneTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe('50 calls to an asynchronous handler', () => {
  it('get 50 answers, none twice, where the answer is a function of the committed state', async () => {
    expect(await sell('byFunction', FIFTY)).toEqual({ answers: oneTo(50), sold: 50 })
  })

  it('get 50 answers, none twice, where the next state is returned: a handler runs again if what it read is old', async () => {
    expect(await sell('byNextState', FIFTY)).toEqual({ answers: oneTo(50), sold: 50 })
  })

  it('may get an answer twice where it is made from what was read before the await; the state is right', async () => {
    const { answers, sold } = await sell('bySnapshot', FIFTY)
    expect(sold).toBe(50)
    expect(new Set(answers).size).toBeLessThan(50)
  })

  it('get 50 answers, none twice, where a handler holds the state', async () => {
    expect(await sell('bySnapshot', FIFTY, { state: { commit: 'exclusive' } })).toEqual({
      answers: oneTo(50),
      sold: 50,
    })
  })

  it('get 50 answers, none twice, where the only member has a state of its own', async () => {
    expect(await sell('bySnapshot', FIFTY, { state: 'isolated', size: 1 })).toMatchObject({ answers: oneTo(50) })
  })
})

describe('calls to a handler that does not await', () => {
  it('get each answer once, also from what it read', async () => {
    expect(await sell('atOnce', FIFTY)).toEqual({ answers: oneTo(50), sold: 50 })
  })
})

describe('answers that are a function of the committed state', () => {
  it('are as if the messages had run one after the other, however long each takes', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(waits, fc.integer({ min: 1, max: 12 }), async (ms, size) => {
        expect(await sell('byFunction', ms, { size })).toEqual({ answers: oneTo(ms.length), sold: ms.length })
      }),
      { numRuns: 50 },
    )
  })
})

describe('what is put into a state', () => {
  const Shop = definePool({
    init: () => first,
    calls: {
      add: (msg: { item: { tags: string[] } }) =>
        reply('added', (draft) => {
          draft.items.push(msg.item)
        }),
      addCopy: (msg: { item: { tags: string[] } }) =>
        reply('added', (draft) => {
          draft.items.push(structuredClone(msg.item))
        }),
      replace: (msg: { items: { tags: string[] }[] }) => reply('replaced', { items: msg.items }),
    },
  })
  let first: { items: { tags: string[] }[] }
  beforeEach(() => {
    first = { items: [{ tags: ['first'] }] }
  })

  it('is frozen deeply: the object that init returned', async () => {
    const pool = spawnPool(system, Shop, 'shop')
    expect(getState(pool)).toBe(first)
    expect(() => first.items[0]!.tags.push('more')).toThrow(TypeError)
  })

  it('is frozen deeply: what the sender of a message still holds', async () => {
    const pool = spawnPool(system, Shop, 'shop')
    const item = { tags: ['mine'] }
    await call(pool, { type: 'add', item })
    expect(() => item.tags.push('more')).toThrow(TypeError)
    const items = [{ tags: ['mine'] }]
    await call(pool, { type: 'replace', items })
    expect(() => items[0]!.tags.push('more')).toThrow(TypeError)
  })

  it('is not the object of the sender if the handler copies it', async () => {
    const pool = spawnPool(system, Shop, 'shop')
    const item = { tags: ['mine'] }
    await call(pool, { type: 'addCopy', item })
    item.tags.push('more')
    expect(getState(pool).items[1]).toEqual({ tags: ['mine'] })
  })
})
