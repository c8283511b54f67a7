import { call, current, definePool, getState, reply, spawnPool } from '@genpool/core'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import { createStore } from '@genpool/state-ane'
import { type ActorSystemRef, query, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
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

const initial = () => ({
  n: 0,
  item: { name: 'tea' },
  list: [{ name: 'milk' }],
  map: new Map([['a', { name: 'sugar' }]]),
  set: new Set([{ name: 'salt' }]),
})
type State = ReturnType<typeof initial>

/** A pool of one call, which keeps drafts in `kept` as many messages as it likes. */
function pool(handle: (kept: any, state: State, ctx: any) => any, options: object = {}) {
  const kept: any = {}
  const Keeps = definePool({
    init: initial,
    calls: {
      sell: (_m: object, state, ctx) => handle(kept, state, ctx),
      keep: () =>
        reply('kept', (draft) => void Object.assign(kept, { item: draft.item, map: draft.map, n: ++draft.n })),
      read: (_m, state) => reply(state.n),
    },
  })
  return spawnPool(system, Keeps as any, 'shop', { size: 1, clock, ...options }) as any
}

const keep = (kept: any) => (draft: any) => {
  Object.assign(kept, { draft, item: draft.item, list: draft.list, map: draft.map, set: draft.set })
  draft.n += 1
}

describe('a draft that is kept from a recipe', () => {
  const answers: Record<string, (kept: any, state: State, ctx: any) => any> = {
    'as the answer of a function': (kept) => reply(() => kept.draft, keep(kept)),
    'read in the function of the answer': (kept) => reply(() => kept.item.name, keep(kept)),
    'written in the function of the answer': (kept) => reply(() => (kept.item.name = 'x'), keep(kept)),
    'of a map, as the answer': (kept) => reply(() => kept.map, keep(kept)),
    'of a set, as the answer': (kept) => reply(() => kept.set, keep(kept)),
    'of a map, read in the function': (kept) => reply(() => kept.map.size, keep(kept)),
    'inside the answer': (kept) => reply(() => ({ done: true, item: kept.item }), keep(kept)),
    'deep inside the answer': (kept) => reply(() => ({ rows: [1, [kept.list]] }), keep(kept)),
    'in a map inside the answer': (kept) => reply(() => new Map([['x', kept.item]]), keep(kept)),
    'in a list that the recipe fills': () => {
      const sold: any[] = []
      return reply(sold, (draft: any) => void sold.push(draft.list.pop()))
    },
    'given to ctx.from.reply in the recipe': (_kept, _state, ctx) =>
      reply(undefined, (draft: any) => {
        draft.n += 1
        ctx.from.reply({ item: draft.item })
      }),
    'in the answer of an async handler': async (kept) => reply(() => kept.item, keep(kept)),
    'in the answer with the mode exclusive': (kept) => reply(() => kept.item, keep(kept), { commit: 'exclusive' }),
  }
  it.each(Object.entries(answers))('%s fails the call with an error that names the handler', async (_n, handle) => {
    for (const type of ['shared', 'isolated'] as const) {
      const shop = spawnedAs(type, handle)
      const error = await failure(call(shop, { type: 'sell' }))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', type: 'sell', cause: { name: 'TypeError' } })
      expect(error.message).toContain('on "sell"')
      expect(error.message).toContain('a draft ends with its recipe')
      expect(error.message).toContain('current(draft)')
      expect(error.message).toContain('The state was committed before; only the answer failed.')
      expect(await call(shop, { type: 'read' })).toBe(handle === answers['in a list that the recipe fills'] ? 0 : 1)
    }
  })
  const spawnedAs = (type: 'shared' | 'isolated', handle: any) => {
    stop(system)
    system = start()
    return pool(handle, { state: type })
  }

  it('of an earlier message fails a call that answers with it, and a query', async () => {
    const shop = pool((kept) => reply(kept.item))
    await call(shop, { type: 'keep' })
    for (const ask of [() => call(shop, { type: 'sell' }), () => query(shop, { type: 'sell' } as never, 1000)]) {
      const error = await failure(ask() as Promise<unknown>)
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', type: 'sell' })
      expect(error.message).toContain('a draft ends with its recipe')
    }
  })

  it('of an earlier message fails a handler that reads it', async () => {
    const shop = pool((kept) => reply(kept.item.name))
    await call(shop, { type: 'keep' })
    const error = await failure(call(shop, { type: 'sell' }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', type: 'sell' })
    expect(error.message).toContain('a draft ends with its recipe')
    expect(error.message).toContain('Nothing was committed')
    expect(error.cause.cause.message).toContain('revoked')
  })

  const recipes: Record<string, (kept: any, state: State) => any> = {
    'read in a later recipe': (kept) => reply(1, (draft: any) => void (draft.n = kept.item.name)),
    'of a map, read in a later recipe': (kept) => reply(1, (draft: any) => void (draft.n = kept.map.size)),
    'put into the state by a later recipe': (kept) => reply(1, (draft: any) => void (draft.item = kept.item)),
    'deep in what a later recipe puts into the state': (kept) =>
      reply(1, (d: any) => void (d.item = { a: [kept.item] })),
    'returned by a later recipe': (kept) => reply(1, () => kept.item),
    'given as the next state': (kept) => reply(1, kept.item),
    'in the next state': (kept, state) => reply(1, { ...state, item: { a: [kept.item] } }),
  }
  it.each(Object.entries(recipes))('%s changes nothing, and the error names the handler', async (_name, handle) => {
    const shop = pool(handle)
    await call(shop, { type: 'keep' })
    const before = getState(shop)
    const error = await failure(call(shop, { type: 'sell' }))
    expect(error.code).toBe('ERR_GENPOOL_INVALID')
    expect(error.message).toContain('"sell"')
    expect(error.message).toContain('a draft ends with its recipe')
    expect(getState(shop)).toBe(before)
  })

  it('is told to onCallbackError in the same words if afterCommit uses it', async () => {
    const errors: any[] = []
    const shop = pool(
      (kept, _state, ctx) => {
        ctx.afterCommit(() => kept.item.name)
        return reply(1, keep(kept))
      },
      { onCallbackError: (error: unknown) => void errors.push(error) },
    )
    expect(await call(shop, { type: 'sell' })).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors[0].message).toContain('a draft ends with its recipe')
  })

  it('fails only its own part of a batch', async () => {
    const Batched = definePool({
      init: initial,
      calls: {
        sell: {
          batch: 10,
          handle: (messages: { i: number }[]) => {
            const answers: any[] = []
            return reply(
              answers,
              (draft: any) => void answers.push(...messages.map(({ i }) => (i === 1 ? draft.item : i))),
            )
          },
        },
      },
    })
    const shop = spawnPool(system, Batched as any, 'shop', { size: 1, clock }) as any
    const all = await Promise.allSettled([0, 1, 2].map((i) => call(shop, { type: 'sell', i })))
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('may be answered with current(draft), or with a part of the committed state', async () => {
    let copy: any
    const shop = pool(() =>
      reply(
        (state: State) => [copy, state.item, state],
        (draft: any) => void (copy = current(draft.item)),
      ),
    )
    expect(await call(shop, { type: 'sell' })).toEqual([{ name: 'tea' }, { name: 'tea' }, initial()])
  })
})

describe('a part of the draft in the state of a pool', () => {
  it('may be the key of a map, and a later handler reads it', async () => {
    const Ranked = definePool({
      init: () => ({ items: [{ name: 'tea' }, { name: 'milk' }], score: new Map<{ name: string }, number>() }),
      calls: {
        rank: () => reply('ranked', (draft) => draft.items.forEach((item) => draft.score.set(item, item.name.length))),
        names: (_message: unknown, state) => reply([...state.score.keys()].map(({ name }) => name)),
      },
    })
    const ranked = spawnPool(system, Ranked, 'ranked', { size: 1, clock })
    expect(await call(ranked, { type: 'rank' })).toBe('ranked')
    expect(await call(ranked, { type: 'names' })).toEqual(['tea', 'milk'])
    const { items, score } = getState(ranked)
    expect([...score.keys()]).toEqual([...items])
  })

  it('is refused in an instance of a class, and the state stays', async () => {
    const boxed = pool(() =>
      reply(1, (draft: any) => void (draft.n = Object.assign(new Date(0), { item: draft.item }))),
    )
    expect(await failure(call(boxed, { type: 'sell' }))).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      path: ['n', 'item'],
    })
    expect(getState(boxed)).toEqual(initial())
  })
})

describe('a cell', () => {
  it('says it to those who use it without a pool', () => {
    let kept: any
    const cell = createStore().cell<any>('shop', { initial: initial() })
    cell.update((draft) => void (kept = draft.item))
    for (const wrong of [
      () => cell.update(() => kept.name),
      () => cell.compareAndSet(0, kept),
      () => cell.compareAndSet(0, { a: { kept } }),
    ]) {
      expect(wrong).toThrow(/commit to cell "shop"[^]*a draft ends with its recipe/)
      expect(cell).toMatchObject({ version: 0 })
    }
  })
})
