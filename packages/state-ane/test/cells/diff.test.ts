import fc from 'fast-check'
import { applyPatches, enablePatches, produce } from 'immer'
import { diff } from '../../src/cells/diff'

enablePatches()

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.constant(undefined)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'length', '0', 'then'), tie('value'), { maxKeys: 4 }),
  ),
})).value

describe('diff', () => {
  it('leads from any value to any other', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        expect(applyPatches({ root: from }, diff({ root: from }, { root: to }))).toEqual({ root: to })
      }),
      { numRuns: 2000 },
    )
  })

  it('says nothing about equal values and shared parts', () => {
    const shared = { deep: { list: [1, 2, 3] } }
    expect(diff(shared, shared)).toEqual([])
    expect(diff({ shared, n: 1 }, { shared, n: 2 })).toEqual([{ op: 'replace', path: ['n'], value: 2 }])
    expect(diff(NaN, NaN)).toEqual([])
  })

  it('finds just what a recipe has changed', () => {
    const from = { users: { ann: { age: 1 }, bob: { age: 2 } }, list: [1, 2, 3] }
    const to = produce(from, (draft) => {
      draft.users.bob.age = 3
      draft.list.pop()
    })
    expect(diff(from, to)).toEqual([
      { op: 'replace', path: ['users', 'bob', 'age'], value: 3 },
      { op: 'replace', path: ['list', 'length'], value: 2 },
    ])
  })

  it('replaces whole what it cannot look into', () => {
    const to = { map: new Map([[1, 2]]), date: new Date(5) }
    expect(diff({ map: new Map(), date: new Date(0) }, to).map(({ op, path }) => [op, path])).toEqual([
      ['replace', ['map']],
      ['replace', ['date']],
    ])
  })
})
