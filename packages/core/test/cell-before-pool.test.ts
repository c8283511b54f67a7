import { call, definePool, drain, getState, ready, reply, spawnPool } from '@genpool/core'
import { createStore, fileEngine, type Store } from '@genpool/state-ane'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start, stop } from 'nact'

const directory = mkdtempSync(join(tmpdir(), 'genpool-cells-'))
afterAll(() => rmSync(directory, { recursive: true }))
const newDirectory = (): string => mkdtempSync(join(directory, 'journal-'))

const Counter = definePool({
  init: () => ({ n: 0 }),
  calls: {
    add: () =>
      reply(
        (state) => state.n,
        (draft) => void draft.n++,
      ),
  },
})

describe.each<[string, () => Store]>([
  ['in memory', () => createStore()],
  ['with a journal', () => createStore({ journal: { engine: fileEngine(newDirectory()) } })],
])('a pool whose cell was there before it: %s', (_, make) => {
  it.each<[string, (store: Store) => unknown]>([
    ['with a watcher', (store) => store.cell('orders').watch(() => undefined)],
    ['in a transaction that changed nothing', (store) => store.transaction(['orders'], () => undefined)],
  ])('begins with the state of its init: %s', async (__, touch) => {
    const store = make()
    await touch(store)
    const system = start()
    const pool = spawnPool(system, Counter, 'orders', { state: { store } })
    expect(await call(pool, { type: 'add' })).toBe(1)
    expect(getState(pool)).toEqual({ n: 1 })
    stop(system)
    store.destroy()
  })
})

describe('a pool whose cell another pool made', () => {
  const isSmall = (state: { n: number }) => state.n < 5
  const spawnOn = (store: Store, state: object = {}) => {
    const system = start()
    const pool = spawnPool(system, Counter, 'orders', { state: { store, key: 'counter', ...state } as never })
    return { pool, end: () => stop(system) }
  }

  it.each<[string, () => Store]>([
    ['in memory', () => createStore()],
    ['with a journal', () => createStore({ journal: { engine: fileEngine(newDirectory()) } })],
  ])('goes on with the same validator and history: %s', async (_, make) => {
    const store = make()
    for (const expected of [1, 2]) {
      const { pool, end } = spawnOn(store, { validate: isSmall, history: 3 })
      expect(await call(pool, { type: 'add' })).toBe(expected)
      await drain(pool)
      end()
    }
    store.destroy()
  })

  it('takes a validator to a cell that has none, and stops at once if the cell has another', async () => {
    const store = createStore()
    store.put('counter', { n: 3 })
    const first = spawnOn(store, { validate: isSmall })
    expect(await call(first.pool, { type: 'add' })).toBe(4)
    await expect(call(first.pool, { type: 'add' })).rejects.toThrow('the validator refused the value')
    first.end()
    const second = spawnOn(store, { validate: () => true })
    await expect(ready(second.pool)).rejects.toThrow(/does not take the options.*has another validator already/s)
    second.end()
    store.destroy()
  })
})
