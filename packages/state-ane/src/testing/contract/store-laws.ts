import assert from 'node:assert/strict'
import { isGenPoolError } from '@genpool/runtime'
import { type Cell, whenFree } from '../../cells/cell'
import { transact } from '../../commits/transact'
import type { CommitMode, Step } from '../../commits/transition'
import { law, refused, type StoreLaw } from './law'

interface Account {
  readonly money: number
}

/** The laws of several cells together. */
export const storeLaws: readonly StoreLaw[] = [
  law('a transaction commits all of its cells, and watchers never see one without the others', async (store) => {
    const [alice, bob] = [store.cell('alice', { initial: { money: 7 } }), store.cell('bob', { initial: { money: 3 } })]
    const totals: number[] = []
    for (const cell of [alice, bob]) cell.watch(() => void totals.push(alice.value.money + bob.value.money))
    const values = await store.transaction(['alice', 'bob'], (draft) => {
      draft.alice.money -= 5
      draft.bob.money += 5
    })
    assert.deepEqual({ ...values }, { alice: { money: 2 }, bob: { money: 8 } })
    assert.deepEqual([alice.value, bob.value], [{ money: 2 }, { money: 8 }])
    assert.deepEqual([alice.version, bob.version], [1, 1])
    assert.deepEqual(totals, [10, 10])
  }),
  law('a transaction that is refused in one cell, or throws, changes no cell', async (store) => {
    const alice = store.cell<Account>('alice', { initial: { money: 7 } })
    const bob = store.cell<Account>('bob', { initial: { money: 3 }, validate: ({ money }) => money <= 10 })
    const move = (amount: number) => () =>
      store.transaction(['alice', 'bob'], (draft) => {
        draft.alice.money -= amount
        draft.bob.money += amount
        if (draft.alice.money < -10) throw new Error('no credit')
      })
    await refused('ERR_GENPOOL_INVALID', move(8))
    await assert.rejects(async () => move(100)(), /no credit/)
    assert.deepEqual([alice.value, bob.value], [{ money: 7 }, { money: 3 }])
    assert.deepEqual([alice.version, bob.version], [0, 0])
  }),
  law('a transaction affects only the cells that it changes, and cannot add or remove a cell', async (store) => {
    const [a, b] = [store.cell('a', { initial: 1 }), store.cell('b', { initial: 2 })]
    await store.transaction(['a', 'b'], (draft) => void (draft.b = draft.a + draft.b))
    assert.deepEqual([a.version, b.version, b.value], [0, 1, 3])
    await refused('ERR_GENPOOL_INVALID', () => store.transaction(['a', 'b'], (draft) => void (draft.c = 1)))
    await refused('ERR_GENPOOL_INVALID', () => store.transaction(['a', 'b'], (draft) => void delete draft.a))
    assert.deepEqual([a.value, b.value], [1, 3])
  }),
  law('while a cell is held, only the holder commits; the others wait their turn', async (store) => {
    const cell = store.cell('log', { initial: '' })
    const hold = await cell.hold()
    const waiting = ['b', 'c', 'd'].map((name) => whenFree(cell, (writer) => writer.update((log) => log + name)))
    await hold.update((log) => log + 'a')
    assert.equal(await hold.compareAndSet(cell.version, cell.value + 'A'), true)
    assert.equal(cell.value, 'aA')
    hold.release()
    hold.release()
    await Promise.all(waiting)
    assert.equal(cell.value, 'aAbcd')
  }),
  law("a commit that is not the holder's waits or is refused, and never gets in between", async (store) => {
    const cell = store.cell('log', { initial: '' })
    // A function, because an assertion narrows the type of a value that changes between two assertions.
    const log = (): string => cell.value
    const hold = await cell.hold()
    const attempts = [
      settle(() => cell.update((log) => log + 'x')),
      settle(() => cell.compareAndSet(0, 'y')),
      settle(() => store.transaction(['log'], (draft) => void (draft.log += 'z'))),
    ]
    for (let i = 0; i < 50; i++) await Promise.resolve()
    assert.equal(log(), '')
    await hold.update((log) => log + 'a')
    assert.equal(log(), 'a')
    hold.release()
    for (const error of await Promise.all(attempts))
      if (error !== undefined) assert.ok(isGenPoolError(error, 'ERR_GENPOOL_CONFLICT'), String(error))
    assert.ok(log().startsWith('a'), log())
    assert.ok(!log().includes('y'), log())
  }),
  law('a released hold commits nothing', async (store) => {
    const cell = store.cell('number', { initial: 0 })
    const hold = await cell.hold()
    hold.release()
    await refused('ERR_GENPOOL_CONFLICT', () => hold.update((n) => n + 1))
    await refused('ERR_GENPOOL_CONFLICT', () => hold.compareAndSet(0, 1))
    assert.equal(await cell.update((n) => n + 2), 2)
  }),
  ...(['update', 'retry', 'exclusive'] satisfies CommitMode[]).map((mode) =>
    law(`concurrent asynchronous handlers lose no update (${mode})`, async (store) => {
      const cell = store.cell('number', { initial: 0 })
      await Promise.all(Array.from({ length: 20 }, (_, i) => transact(cell, handler(mode, i % 3), { mode })))
      assert.equal(cell.value, 20)
      assert.equal(cell.version, 20)
      await free(cell)
    }),
  ),
  law('clear keeps values and versions', async (store) => {
    const cell = store.cell('number', { initial: 0 })
    await cell.update((n) => n + 1)
    store.clear()
    assert.deepEqual([cell.value, cell.version], [1, 1])
    assert.equal(cell.patchesSince(0), undefined)
    assert.equal(await cell.update((n) => n + 1), 2)
  }),
  law('after destroy every use is an error, also for those that were waiting', async (store) => {
    const cell = store.cell('number', { initial: 0 })
    const hold = await cell.hold()
    const waiting = refused('ERR_GENPOOL_STOPPED', () => cell.hold())
    let told = 0
    cell.watch(() => void told++)
    assert.equal(store.destroyed, false)
    store.destroy()
    store.destroy()
    assert.equal(store.destroyed, true)
    await waiting
    const uses: (() => unknown)[] = [
      () => cell.value,
      () => cell.version,
      () => cell.update((n) => n + 1),
      () => cell.compareAndSet(0, 1),
      () => cell.hold(),
      () => cell.watch(() => undefined),
      () => cell.patchesSince(0),
      () => hold.update((n) => n + 1),
      () => store.cell('number'),
      () => store.transaction(['number'], () => undefined),
      () => store.clear(),
    ]
    for (const use of uses) await refused('ERR_GENPOOL_STOPPED', use)
    assert.equal(told, 0)
  }),
]

function handler(mode: CommitMode, pauses: number): { run(state: number): Promise<Step<number>> } {
  return {
    async run(state) {
      for (let i = 0; i < pauses; i++) await Promise.resolve()
      return { next: mode === 'update' ? (n) => n + 1 : state + 1 }
    },
  }
}

/** Returns the error of an attempt, now or later; undefined without one. */
async function settle(attempt: () => unknown): Promise<unknown> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    return error
  }
}

/** Asserts that the cell is free: it can be held. */
async function free(cell: Cell<number>): Promise<void> {
  const hold = await cell.hold()
  hold.release()
}
