import assert from 'node:assert/strict'
import { applyPatches } from 'immer'
import type { Patch } from 'immer'
import { law, refused, type StoreLaw } from './law'

interface Basket {
  readonly count: number
  readonly items: readonly string[]
}
const EMPTY: Basket = { count: 0, items: [] }

/** The laws of one cell. */
export const cellLaws: readonly StoreLaw[] = [
  law('a cell begins with its initial value at version 0, and is the same object every time', async (store) => {
    const cell = store.cell('basket', { initial: EMPTY })
    assert.deepEqual(cell.value, EMPTY)
    assert.equal(cell.version, 0)
    assert.equal(cell.key, 'basket')
    assert.equal(store.cell('basket'), cell)
  }),
  law('a recipe runs on the latest value and raises the version by one', async (store) => {
    const cell = store.cell('basket', { initial: EMPTY })
    const first = await cell.update((draft) => void draft.items.push('tea'))
    const second = await cell.update((draft) => void (draft.count = draft.items.length))
    assert.deepEqual(first, { count: 0, items: ['tea'] })
    assert.deepEqual(second, { count: 1, items: ['tea'] })
    assert.deepEqual(cell.value, second)
    assert.equal(cell.version, 2)
  }),
  law('a recipe may return a new value, also a number', async (store) => {
    const cell = store.cell('number', { initial: 1 })
    assert.equal(await cell.update((n) => n + 1), 2)
    assert.equal(cell.value, 2)
  }),
  law('a recipe that changes nothing raises no version and calls no watcher', async (store) => {
    const cell = store.cell('basket', { initial: EMPTY })
    let told = 0
    cell.watch(() => void told++)
    await cell.update(() => undefined)
    await cell.update((draft) => void (draft.count = 0))
    await cell.compareAndSet(0, cell.value)
    assert.equal(cell.version, 0)
    assert.equal(told, 0)
  }),
  law('a commit that tells what it has left tells of no other', async (store) => {
    const cell = store.cell('number', { initial: 0 })
    if (cell.commit === undefined) return
    const changes = [{ recipe: (n: number) => n + 1 }, { version: 1, next: 1 }, { version: 7, next: 9 }]
    const after = await Promise.all([...changes, { recipe: () => 5, base: 1 }].map(async (each) => cell.commit?.(each)))
    assert.deepEqual(after, [
      { value: 1, version: 1, done: true },
      { value: 1, version: 1, done: true },
      { value: 1, version: 1, done: false },
      { value: 5, version: 2, done: true },
    ])
    await refused('ERR_GENPOOL_CONFLICT', async () => cell.commit?.({ recipe: () => 6, base: 1 }))
    assert.equal(cell.value, 5)
  }),
  law('values are frozen, no matter how they were committed', async (store) => {
    const frozen = (value: Basket): boolean => Object.isFrozen(value) && Object.isFrozen(value.items)
    const cell = store.cell('basket', { initial: { count: 0, items: [] } as Basket })
    assert.ok(frozen(cell.value))
    await cell.update((draft) => void draft.items.push('tea'))
    assert.ok(frozen(cell.value))
    await cell.compareAndSet(1, { count: 7, items: ['tea', 'milk'] })
    assert.ok(frozen(cell.value))
  }),
  law('compareAndSet commits if the version is the latest, and changes nothing if it is not', async (store) => {
    const cell = store.cell<Basket>('basket', { initial: EMPTY })
    assert.equal(await cell.compareAndSet(0, { count: 1, items: [] }), true)
    assert.equal(await cell.compareAndSet(0, { count: 2, items: [] }), false)
    assert.equal(await cell.compareAndSet(2, { count: 2, items: [] }), false)
    assert.deepEqual(cell.value, { count: 1, items: [] })
    assert.equal(cell.version, 1)
  }),
  law('an asynchronous recipe is refused with an explanation', async (store) => {
    const cell = store.cell('basket', { initial: EMPTY })
    const recipe = (async (draft: { count: number }) => {
      await Promise.resolve()
      draft.count = 1
    }) as never
    const error = await refused('ERR_GENPOOL_INVALID', () => cell.update(recipe))
    assert.match(error.message, /asynchronous/)
    assert.equal(cell.version, 0)
  }),
  law('a recipe that throws changes nothing', async (store) => {
    const cell = store.cell('basket', { initial: EMPTY })
    const attempt = async (): Promise<unknown> =>
      cell.update((draft) => {
        draft.count = 1
        throw new Error('boom')
      })
    await assert.rejects(attempt, /boom/)
    assert.equal(cell.value, EMPTY)
    assert.equal(cell.version, 0)
  }),
  law(
    'a validator refuses a commit: nothing changes, no watcher is called, and the error names the path',
    async (store) => {
      const validate = (value: Basket) =>
        value.count >= 0 || { path: ['count'], message: `must not be negative, and is ${value.count}` }
      const cell = store.cell('basket', { initial: EMPTY, validate })
      let told = 0
      cell.watch(() => void told++)
      const byRecipe = await refused('ERR_GENPOOL_INVALID', () => cell.update((draft) => void (draft.count = -1)))
      const byState = await refused('ERR_GENPOOL_INVALID', () => cell.compareAndSet(0, { count: -1, items: [] }))
      for (const error of [byRecipe, byState]) {
        assert.deepEqual((error as Error & { path?: unknown }).path, ['count'])
        assert.match(error.message, /must not be negative, and is -1/)
      }
      assert.equal(cell.value, EMPTY)
      assert.equal(cell.version, 0)
      assert.equal(told, 0)
      await cell.update((draft) => void (draft.count = 1))
      assert.equal(told, 1)
    },
  ),
  law('a function, a symbol and a promise are no states, however they come in', async (store) => {
    const cell = store.cell<unknown>('any', { initial: 1 })
    const hold = await cell.hold()
    const wrong: readonly (readonly [() => unknown, RegExp])[] = [
      [() => () => 2, /a function cannot be a state/],
      [() => Symbol('two'), /a symbol cannot be a state/],
      [() => Promise.resolve(2), /[Aa]wait it first|asynchronous/],
      [() => Promise.reject(new Error('nobody waits for it')), /[Aa]wait it first|asynchronous/],
      [() => ({ then: (): unknown => undefined }), /[Aa]wait it first|asynchronous/],
    ]
    for (const [make, why] of wrong) {
      for (const attempt of [() => hold.compareAndSet(0, make()), () => hold.update(() => make() as never)]) {
        assert.match((await refused('ERR_GENPOOL_INVALID', attempt)).message, why)
      }
    }
    hold.release()
    for (const [make] of wrong) await refused('ERR_GENPOOL_INVALID', () => cell.compareAndSet(0, make()))
    assert.equal(cell.value, 1)
    assert.equal(cell.version, 0)
  }),
  law('patches since an earlier version lead to the latest value', async (store) => {
    const cell = store.cell('basket', { initial: EMPTY })
    const past = [cell.value]
    for (const item of ['tea', 'milk', 'sugar']) {
      past.push(
        await cell.update((draft) => {
          draft.count = draft.items.push(item)
        }),
      )
    }
    past.forEach((value, version) => {
      const patches = cell.patchesSince(version)
      if (patches !== undefined) assert.deepEqual(applyPatches(value, patches), cell.value)
    })
    assert.deepEqual(cell.patchesSince(cell.version), [])
    assert.equal(cell.patchesSince(cell.version + 1), undefined)
    assert.equal(cell.patchesSince(-1), undefined)
  }),
]

/** The laws of watchers. */
export const watchLaws: readonly StoreLaw[] = [
  law('watchers are called once for each commit, in order, with patches forward and back', async (store) => {
    const cell = store.cell<Basket>('basket', { initial: EMPTY })
    const told: { value: Basket; version: number; patches: readonly Patch[]; inverse: readonly Patch[] }[] = []
    cell.watch((value, version, patches, inverse) => void told.push({ value, version, patches, inverse }))
    await cell.update((draft) => void draft.items.push('tea'))
    await cell.compareAndSet(1, { count: 5, items: ['milk'] })
    await cell.update((draft) => void delete (draft.items as string[])[0])
    await cell.update(() => ({ count: 9, items: [] }))
    assert.deepEqual(
      told.map(({ version }) => version),
      [1, 2, 3, 4],
    )
    told.forEach(({ value, patches, inverse }, i) => {
      const before = told[i - 1]?.value ?? EMPTY
      assert.deepEqual(applyPatches(before, patches), value)
      assert.deepEqual(applyPatches(value, inverse), before)
    })
    assert.deepEqual(told.at(-1)?.value, cell.value)
  }),
  law('patches keep the order of keys, also of one that was deleted and set again', async (store) => {
    const cell = store.cell<Record<string, number>>('recent', { initial: { a: 1, b: 2, c: 3 } })
    let copy = cell.value
    cell.watch((_, __, patches) => void (copy = applyPatches(copy, patches)))
    const touch = (name: string, value: number) => (draft: Record<string, number>) => {
      Reflect.deleteProperty(draft, name)
      draft[name] = value
    }
    await cell.update(touch('a', 1))
    await cell.update(touch('c', 5))
    await cell.compareAndSet(2, { d: 4, a: 1, b: 2, c: 5 })
    assert.deepEqual(Object.entries(cell.value).join(' '), 'd,4 a,1 b,2 c,5')
    assert.deepEqual(Object.entries(copy), Object.entries(cell.value))
  }),
  law('a watcher that commits does not change the order for the others', async (store) => {
    const cell = store.cell('number', { initial: 0 })
    const versions: Record<'before' | 'after', number[]> = { before: [], after: [] }
    const nested: unknown[] = []
    cell.watch((_, version) => void versions.before.push(version))
    cell.watch((value) => void (value < 3 && nested.push(cell.update((n) => n + 1))))
    cell.watch((_, version) => void versions.after.push(version))
    await cell.update((n) => n + 1)
    for (let i = 0; i < nested.length; i++) await nested[i]
    assert.deepEqual(versions, { before: [1, 2, 3], after: [1, 2, 3] })
  }),
  {
    name: 'a watcher that throws affects neither the commit nor the other watchers',
    async check(make) {
      const errors: unknown[] = []
      const store = await make({ onWatcherError: (error) => void errors.push(error) })
      const cell = store.cell('number', { initial: 0 })
      const boom = new Error('boom')
      const told: number[] = []
      cell.watch(() => {
        throw boom
      })
      cell.watch((value) => void told.push(value))
      assert.equal(await cell.update((n) => n + 1), 1)
      assert.equal(await cell.update((n) => n + 1), 2)
      assert.deepEqual(told, [1, 2])
      assert.deepEqual(errors, [boom, boom])
    },
  },
  law(
    'a watcher sees no commit from before it was added or after it was removed, also inside another watcher',
    async (store) => {
      const cell = store.cell('number', { initial: 0 })
      const told: number[] = []
      await cell.update((n) => n + 1)
      let late: (() => void) | undefined
      const leave = cell.watch((value) => {
        if (value === 2) late = cell.watch((inner) => void told.push(inner))
        if (value === 3) late?.()
      })
      await cell.update((n) => n + 1)
      await cell.update((n) => n + 1)
      leave()
      leave()
      await cell.update((n) => n + 1)
      assert.deepEqual(told, [])
    },
  ),
]
