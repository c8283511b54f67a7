import { call, definePool, getState, reply, spawnPool } from '@genpool/core'
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
