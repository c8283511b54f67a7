import fc from 'fast-check'
import { applyPatches, type Patch } from 'immer'
import { createStore, InvalidError, type SyncCell } from '@genpool/state-ane'
import { patching } from '../../src/cells/apply-patches'
import { diff } from '../../src/cells/diff'
import { memoryEngine } from '../journal/memory-engine'

const initial = () => ({
  user: { name: 'ann' },
  list: [1, 2, 3],
  map: new Map([['a', 1]]),
  set: new Set([1]),
  at: new Date(0),
  n: null,
})
const cell = (): SyncCell<unknown> => createStore().cell<unknown>('c', { initial })
const set = (...path: unknown[]): unknown => ({ op: 'replace', path, value: 'x' })

describe('patches from outside', () => {
  it.each([
    ['alone', () => createStore()],
    ['with a journal', () => createStore({ journal: { engine: memoryEngine() } })],
  ])(
    'may set a property of the name "constructor" or "prototype", which is the own one then: a store %s',
    async (_, make) => {
      const target = make().cell<object>('c', { initial: { user: { constructor: 'builder' } } })
      target.watch(() => undefined)
      const parts = { prototype: { n: 1 } }
      const patches = [
        { op: 'replace', path: ['user', 'constructor'], value: 'architect' },
        { op: 'add', path: ['constructor'], value: parts },
        { op: 'replace', path: ['constructor', 'prototype', 'n'], value: 2 },
        { op: 'add', path: ['constructor', 'prototype', 'polluted'], value: true },
      ]
      await target.update(patching(patches))
      const changed = { user: { constructor: 'architect' }, constructor: { prototype: { n: 2, polluted: true } } }
      expect(target.value).toEqual(changed)
      await target.update(patching([{ op: 'remove', path: ['constructor'] }]))
      expect(Object.keys(target.value)).toEqual(['user'])
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      expect(Object.prototype.constructor).toBe(Object)
    },
  )

  it.each<[string, unknown]>([
    ['no array', { op: 'add' }],
    ['no patch', [null]],
    ['an unknown op', [{ op: 'move', path: ['user'], from: [] }]],
    ['a path that is no array', [{ op: 'replace', path: 'user', value: 1 }]],
    ['a path with an object in it', [set({ toString: () => 'user' })]],
    ['a path through __proto__', [set('__proto__', 'polluted')]],
    ['a path through __proto__ deeper down', [set('user', '__proto__', 'polluted')]],
    ['a path through constructor', [set('constructor', 'prototype', 'polluted')]],
    ['a path through constructor deeper down', [{ op: 'add', path: ['user', 'constructor', 'polluted'], value: 1 }]],
    ['a constructor to replace', [set('user', 'constructor')]],
    ['a path through the constructor of a list', [set('list', 'constructor', 'prototype')]],
    ['an inherited name', [set('toString', 'polluted')]],
    ['a place past the end of an array', [set('list', 3)]],
    ['an added place past the end of an array', [{ op: 'add', path: ['list', 4], value: 1 }]],
    ['a negative place', [set('list', -1)]],
    ['a place that is no whole number', [set('list', 0.5)]],
    ['a name in an array', [set('list', 'push')]],
    ['a place written oddly', [set('list', '01')]],
    ['an array made longer', [{ op: 'replace', path: ['list', 'length'], value: 4_000_000_000 }]],
    ['an array made shorter than nothing', [{ op: 'replace', path: ['list', 'length'], value: -1 }]],
    ['an array whose length is removed', [{ op: 'remove', path: ['list', 'length'] }]],
    ['a key to replace that is not there', [set('nobody')]],
    ['a key to remove that is not there', [{ op: 'remove', path: ['nobody'] }]],
    ['a path through nothing', [set('nobody', 'name')]],
    ['a path through null', [set('n', 'name')]],
    ['a path through a string', [set('user', 'name', 'length')]],
    ['a path into a date', [{ op: 'add', path: ['at', 'x'], value: 1 }]],
    ['a key of a map that is not there', [set('map', 'b')]],
    ['a member of a set that is not there', [{ op: 'remove', path: ['set', 0], value: 7 }]],
    ['a function', [{ op: 'add', path: ['f'], value: () => 1 }]],
    ['a function inside', [{ op: 'add', path: ['f'], value: { f: () => 1 } }]],
    [
      'a value with a key __proto__',
      [{ op: 'add', path: ['p'], value: JSON.parse('{"a":[{"__proto__":{"x":1}}]}') as unknown }],
    ],
    ['the whole and a part', [set(), { op: 'add', path: ['x'], value: 1 }]],
    ['the whole removed', [{ op: 'remove', path: [] }]],
    ['a good patch before a bad one', [set('user', 'name'), set('list', 9)]],
  ])('are refused and change nothing: %s', (_, patches) => {
    const target = cell()
    expect(() => target.update(patching(patches))).toThrow(InvalidError)
    expect(target).toMatchObject({ value: initial(), version: 0 })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('do what immer does with patches that are right', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c', '0'), tie('value'), { maxKeys: 3 }),
      ),
    })).value
    const law = fc.property(json, json, (from, to) => {
      const patches = diff({ root: from }, { root: to })
      const target = createStore().cell<object>('c', { initial: { root: from } })
      expect(target.update(patching(patches))).toEqual(applyPatches({ root: from }, patches))
    })
    fc.assert(law, { numRuns: 1000 })
  })

  it('bring back what watchers were told, with maps and sets too', () => {
    const [source, copy] = [cell(), cell()]
    source.watch((_value, _version, patches) => void copy.update(patching(patches)))
    source.update((draft) => {
      const { map, set: members, list } = draft as ReturnType<typeof initial>
      map.set('b', 2).delete('a')
      members.add(5).delete(1)
      list.shift()
    })
    source.compareAndSet(1, { other: true })
    expect(copy.value).toEqual(source.value)
    expect(copy.version).toBe(2)
  })

  it('leave what the sender sent alone', () => {
    const value = { inner: { n: 1 } }
    const patches: Patch[] = [
      { op: 'add', path: ['v'], value },
      { op: 'replace', path: ['v', 'inner', 'n'], value: 2 },
    ]
    const target = cell()
    expect(target.update(patching(patches))).toMatchObject({ v: { inner: { n: 2 } } })
    expect(value).toEqual({ inner: { n: 1 } })
    expect(Object.isFrozen(value)).toBe(false)
  })
})
