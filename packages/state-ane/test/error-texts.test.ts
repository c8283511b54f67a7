import { createStore, current, fileEngine, transact } from '@genpool/state-ane'
import { patching } from '../src/cells/apply-patches'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
const messageOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('the error of a patch from outside says what is wrong where:', () => {
  const value = { user: { name: 'ann' }, list: [1, 2, 3], set: new Set([1]), n: null }
  it.each<[string, unknown]>([
    ['patches must be an array of { op, path, value }', 5],
    ['an op must be add, replace or remove', [{ op: 'move', path: ['n'] }]],
    ['a path must be an array of strings and numbers', [{ op: 'add', path: 'n' }]],
    ['a path must not leave the value', [{ op: 'add', path: ['__proto__', 'x'], value: 1 }]],
    [
      'only a single patch may have an empty path, and its op must be replace',
      [
        { op: 'replace', path: [], value: 1 },
        { op: 'replace', path: ['n'], value: 1 },
      ],
    ],
    ['not an index of the array, which has 3 items', [{ op: 'replace', path: ['list', 3], value: 1 }]],
    ['an array of 3 items can only be made shorter', [{ op: 'replace', path: ['list', 'length'], value: 4 }]],
    ['the set has no such item to replace or remove', [{ op: 'remove', path: ['set', 0], value: 5 }]],
    ['the path leads into a value without parts', [{ op: 'add', path: ['n', 'x'], value: 1 }]],
  ])('%s', (text, patches) => {
    const cell = createStore().cell<unknown>('c', { initial: () => value })
    expect(messageOf(() => cell.update(patching(patches)))).toContain(text)
    expect(cell.version).toBe(0)
  })
})

describe('the error', () => {
  it('of a key that no cell can have says which it may be', () => {
    expect(messageOf(() => createStore().cell(1.5))).toContain('its key must be a string or an integer, but it is 1.5')
    expect(messageOf(() => createStore({ size: 3 }).cell(4))).toContain(
      'its key must be a whole number from 1 to 3, but it is 4',
    )
  })

  it('of a transaction that adds or removes a key says what to do', () => {
    const store = createStore({ initial: 0 })
    const added = 'at b: a transaction cannot add keys: it changes only the cells in `keys`.'
    expect(messageOf(() => store.transaction(['a'], (draft) => void (draft['b'] = 1)))).toContain(added)
    const missing = 'at b: a transaction cannot remove keys: it returned no value for this one.'
    expect(messageOf(() => store.transaction(['a', 'b'], (draft) => void delete draft['b']))).toContain(missing)
    expect(messageOf(() => store.transaction(['a', 'b'], () => ({ a: 2 })))).toContain(missing)
  })

  it('of something else than a cell, a draft or a directory says what was expected', () => {
    expect(messageOf(() => transact({} as any, { run: () => ({}) }))).toContain('a cell, as store.cell(key) returns it')
    expect(messageOf(() => current(5 as any))).toContain('a draft, as a recipe gets it')
    expect(messageOf(() => fileEngine(5 as any))).toBe(
      'The directory of a fileEngine is wrong: expected the path of a directory, got 5.',
    )
  })

  it('of a draft that is given to current after its recipe says so', () => {
    let kept: any
    const cell = createStore().cell<{ n: number }>('c', { initial: { n: 1 } })
    cell.update((draft) => {
      kept = draft
      draft.n++
    })
    expect(messageOf(() => current(kept))).toContain('A draft given to current was refused')
  })

  it('of a first value that a validator refuses does not speak of a commit', () => {
    const store = createStore()
    const REFUSED = 'A first value of cell "v" was refused; nothing was changed.\n  at the whole value: '
    expect(messageOf(() => store.cell('v', { initial: 1, validate: () => 'too few' }))).toBe(`${REFUSED}too few`)
    const raise = () => {
      throw new Error('broken')
    }
    expect(messageOf(() => store.cell('v', { initial: 1, validate: raise }))).toBe(
      `${REFUSED}its validator failed: broken`,
    )
    const cell = store.cell('v', { initial: 1, validate: (n: number) => n < 2 || 'too many' })
    expect(messageOf(() => cell.update(() => 5))).toContain('A commit to cell "v" was refused')
  })
})
