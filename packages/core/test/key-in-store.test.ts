import { call, definePool, reply, spawnPool } from '@genpool/core'
import { backedStore, createStore, fileEngine, type Store } from '@genpool/state-ane'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorSystemRef, start, stop } from 'nact'

const directory = mkdtempSync(join(tmpdir(), 'genpool-keys-'))
afterAll(() => rmSync(directory, { recursive: true }))

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

let begun = 0
const Counter = definePool({
  init: () => ({ n: ++begun }),
  calls: { read: (_msg: { type: 'read' }, state: { n: number }) => reply(state.n) },
})

/** What `spawnPool` throws. */
function refusalOf(store: Store, state: object, name?: string): { message: string; issues: unknown; code: string } {
  try {
    spawnPool(system, Counter, name, { state: { store, ...state } })
  } catch (error) {
    return error as ReturnType<typeof refusalOf>
  }
  throw new Error('it was spawned')
}

const nothing = { ready: Promise.resolve(), known: () => undefined, write: () => Promise.resolve(true) }

describe.each<[string, (options: { size?: number; cells?: string[] }) => Store]>([
  ['in memory', createStore],
  [
    'with a journal',
    (options) => createStore({ ...options, journal: { engine: fileEngine(mkdtempSync(join(directory, 'j-'))) } }),
  ],
  ['on a backing', (options) => backedStore(options, () => nothing)],
])('a pool whose store has no cell of its key: %s', (_, storeOf) => {
  it.each<[string, object, string | undefined, RegExp]>([
    [
      'no key',
      {},
      'shop',
      /at state\.key: it is left out, so that it is the name of the pool: "shop" is none of the "cells".*there are orders, stock/,
    ],
    ['a misspelt name', {}, 'order', /did you mean "orders"/],
    [
      'neither key nor name',
      {},
      undefined,
      /at state\.key: it is left out, and the pool has no name.*there are orders, stock/,
    ],
    [
      'another key',
      { key: 'ordres' },
      'orders',
      /at state\.key: "ordres" is none of the "cells".*did you mean "orders"\?/,
    ],
    ['a number', { key: 1 }, 'orders', /at state\.key: 1 is none of the "cells"/],
  ])('is refused when it is spawned: %s', (__, state, name, says) => {
    const store = storeOf({ cells: ['orders', 'stock'] })
    const before = begun
    const refused = refusalOf(store, state, name)
    expect(refused).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['state', 'key'] }] })
    expect(refused.message).toMatch(says)
    expect(begun).toBe(before)
    store.destroy()
  })

  it('is told of slots, too', () => {
    const store = storeOf({ size: 3 })
    expect(refusalOf(store, {}, 'shop').message).toMatch(
      /the name of the pool: .*a whole number from 1 to 3, but it is "shop"/,
    )
    expect(refusalOf(store, { key: 4 }, 'shop').message).toMatch(/a whole number from 1 to 3, but it is 4/)
    store.destroy()
  })

  it('leaves its name free, and the store as it was', async () => {
    const store = storeOf({ cells: ['orders'] })
    refusalOf(store, {}, 'shop')
    const first = begun
    expect(await call(spawnPool(system, Counter, 'shop', { state: { store, key: 'orders' } }), { type: 'read' })).toBe(
      first + 1,
    )
    store.destroy()
  })
})

it('takes any key of a store that does not say which it has', async () => {
  const { cell, ...rest } = { cell: () => createStore().cell('x', { initial: { n: 7 } }), destroyed: false }
  const pool = spawnPool(system, Counter, 'shop', { state: { store: { cell, ...rest } as never } })
  expect(await call(pool, { type: 'read' })).toBe(7)
})

it('takes a pool without a name on a store that lists no cells', async () => {
  const first = begun
  const pool = spawnPool(system, Counter, undefined, { state: { store: createStore() } })
  expect(await call(pool, { type: 'read' })).toBe(first + 1)
})
