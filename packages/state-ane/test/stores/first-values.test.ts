import { createStore, InvalidError } from '@genpool/state-ane'
import { applyPatches, enablePatches, type Patch } from 'immer'

enablePatches()

describe('a cell that was made without a first value', () => {
  it('takes the first one that is given while nothing was committed', () => {
    const store = createStore()
    store.cell('x')
    expect(store.cell('x', { initial: 5 })).toMatchObject({ value: 5, version: 0 })
    expect(store.cell('x', { initial: 6 }).value).toBe(5)
    store.transaction(['new'], () => undefined)
    expect(store.cell('new', { initial: (key: unknown) => `first of ${key as string}` }).value).toBe('first of new')
  })

  it('keeps what was committed before', () => {
    const store = createStore()
    store.cell('x').update(() => 7)
    expect(store.cell('x', { initial: 5 }).value).toBe(7)
    store.cell('x').compareAndSet(1, undefined)
    expect(store.cell('x', { initial: 5 }).value).toBeUndefined()
    store.cell('null', { initial: null })
    expect(store.cell('null', { initial: 5 }).value).toBeNull()
  })

  it('tells its watchers, whose patches lead from one value to the next', () => {
    const store = createStore()
    const told: unknown[] = []
    const patches: Patch[] = []
    store.cell('x').watch((value, version, more) => {
      told.push([value, version])
      patches.push(...more)
    })
    const cell = store.cell('x', { initial: { n: 0 } })
    cell.update((draft) => void draft.n++)
    expect(told).toEqual([
      [{ n: 0 }, 0],
      [{ n: 1 }, 1],
    ])
    expect(applyPatches({} as object, patches)).toEqual({ n: 1 })
  })

  it('stays empty if its validator refuses the value', () => {
    const store = createStore({ validate: (value) => value === undefined || (value as number) > 0 })
    store.cell('x')
    expect(() => store.cell('x', { initial: -1 })).toThrow(InvalidError)
    expect(store.cell('x', { initial: 1 }).value).toBe(1)
  })
})
