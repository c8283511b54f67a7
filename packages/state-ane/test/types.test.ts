import { type Cell, createStore, type Store } from '@genpool/state-ane'

interface Account {
  readonly money: number
  readonly log: readonly string[]
}

/** Is compiled and not run. */
function neverRun(run: () => unknown): void {
  expect(run).toEqual(expect.any(Function))
}

describe('what the compiler refuses', () => {
  it('a recipe that returns a promise', () => {
    const cell = undefined as unknown as Cell<Account>
    neverRun(() => {
      // @ts-expect-error it changes its draft after the commit
      void cell.update(async (draft) => void draft.log.push('late'))
      // @ts-expect-error it returns a promise of the state
      void cell.update(async (draft) => Promise.resolve({ ...draft, money: 1 }))
      // @ts-expect-error so does a function without the word
      void cell.update(() => Promise.resolve({ money: 1, log: [] }))
    })
  })

  it('a transaction that returns a promise', () => {
    const store = undefined as unknown as Store
    neverRun(() => {
      // @ts-expect-error it changes its draft after the commit
      void store.transaction(['a', 'b'], async (draft) => void (draft['a'] = await Promise.resolve(1)))
      // @ts-expect-error it returns a promise of the values
      void store.transaction(['a', 'b'], () => Promise.resolve({ a: 1, b: 2 }))
    })
  })
})

describe('what the compiler takes', () => {
  it('a transaction in each of its forms', () => {
    const store = createStore({ initial: 0 })
    store.transaction(['a', 'b'], (draft) => {
      draft['a'] = 1
    })
    store.transaction(['a', 'b'], (draft) => void (draft['b'] = 2))
    store.transaction(['a', 'b'], ({ a, b }) => ({ a: (a as number) + 1, b: (b as number) + 1 }))
    expect(store.transaction(['a', 'b'], (draft) => draft)).toMatchObject({ a: 2, b: 3 })
    const empty = store.transaction(['a'], () => undefined)
    expect(empty).toMatchObject({ a: 2 })
  })
})
