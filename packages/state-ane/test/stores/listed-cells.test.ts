import { createStore, InvalidError } from '@genpool/state-ane'
import { memoryEngine, reopened } from '../journal/memory-engine'

const thrown = (attempt: () => unknown): Error => {
  try {
    attempt()
  } catch (error) {
    return error as Error
  }
  throw new Error('it was not refused')
}

describe('a store that lists its cells', () => {
  const listed = () => createStore({ cells: ['accounts', 'orders', 7], initial: 0 })

  it('refuses another key, and says which one was meant', () => {
    const store = listed()
    const misspelt = thrown(() => store.transaction(['acounts', 'orders'], (draft) => void (draft['acounts'] = 1)))
    expect(misspelt).toBeInstanceOf(InvalidError)
    expect(misspelt.message).toContain(
      '"acounts" is none of the "cells" in the options of the store; did you mean "accounts"?',
    )
    expect(thrown(() => store.cell('basket')).message).toContain('there are accounts, orders, 7')
    expect(thrown(() => store.get(8)).message).toContain('there are accounts, orders, 7')
    expect(thrown(() => store.put('7', 1)).message).toContain('"7" is none of')
    expect(store.get('orders')).toBe(0)
  })

  it('is refused if it has a size, too, and a key is no slot of it', () => {
    for (const cells of [['a'], [1, 3], [0]]) {
      const error = thrown(() => createStore({ size: 2, cells }))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
      expect(error.message).toMatch(/cells: with "size", the keys are the numbers from 1 to 2/)
    }
    expect(createStore({ size: 2, cells: [2], initial: 5 }).get(2)).toBe(5)
  })

  it('has the others', () => {
    const store = listed()
    const values = store.transaction(['accounts', 7], (draft) => {
      draft['accounts'] = 1
      draft[7] = 2
    })
    expect(values).toEqual({ accounts: 1, 7: 2 })
  })

  it('names twenty of many', () => {
    const store = createStore({ cells: Array.from({ length: 30 }, (_, i) => `cell-number-${i}`) })
    expect(thrown(() => store.cell('x')).message).toContain('cell-number-19, and 10 more')
  })

  it('needs one at least', () => {
    expect(() => createStore({ cells: [] })).toThrow(/cells/)
  })

  it('keeps what its journal has of others', async () => {
    const engine = memoryEngine()
    const open = (cells?: string[]) => createStore({ ...(cells && { cells }), journal: { engine: reopened(engine) } })
    const all = open()
    await all.put('old', 1)
    await all.put('new', 2)
    const some = open(['new'])
    await some.ready
    expect(some.get('new')).toBe(2)
    expect(() => some.get('old')).toThrow(InvalidError)
    await expect(some.transaction(['new', 'old'], () => undefined)).rejects.toThrow(/"old" is none of/)
    await some.put('new', 3)
    const again = open()
    await again.ready
    expect([again.get('old'), again.get('new')]).toEqual([1, 3])
  })
})
