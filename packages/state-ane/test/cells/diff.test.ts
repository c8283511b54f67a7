import fc from 'fast-check'
import { applyPatches, enablePatches, produce } from 'immer'
import { diff } from '../../src/cells/diff'
import { patched } from '../../src/cells/patched'

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
        const made = applyPatches({ root: from }, diff({ root: from }, { root: to }))
        expect(made).toEqual({ root: to })
        expect(JSON.stringify(made)).toBe(JSON.stringify({ root: to }))
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
    const to = { map: new Map([[{}, 2]]), date: new Date(5) }
    expect(diff({ map: new Map(), date: new Date(0) }, to).map(({ op, path }) => [op, path])).toEqual([
      ['replace', ['map']],
      ['replace', ['date']],
    ])
  })

  describe('of long lists', () => {
    const rows = Array.from({ length: 1000 }, (_, id) => ({ id, tags: [String(id)] }))
    const lists: Record<string, [to: readonly unknown[], patches: unknown[]]> = {
      'an element in front is one patch': [
        [{ id: -1 }, ...rows],
        [{ op: 'add', path: ['rows', 0], value: { id: -1 } }],
      ],
      'an element in the middle is one patch': [
        [...rows.slice(0, 500), 'new', ...rows.slice(500)],
        [{ op: 'add', path: ['rows', 500], value: 'new' }],
      ],
      'the first one that is gone is one patch': [rows.slice(1), [{ op: 'remove', path: ['rows', 0] }]],
      'two that are gone, and a changed one, are three patches': [
        [rows[0], { ...rows[1], id: 'x' }, ...rows.slice(4)],
        [
          { op: 'remove', path: ['rows', 3] },
          { op: 'remove', path: ['rows', 2] },
          { op: 'replace', path: ['rows', 1, 'id'], value: 'x' },
        ],
      ],
      'the last one that is gone is the length': [
        rows.slice(0, -1),
        [{ op: 'replace', path: ['rows', 'length'], value: 999 }],
      ],
    }
    it.each(Object.entries(lists))('%s', (_, [to, patches]) => {
      expect(diff({ rows }, { rows: to })).toEqual(patches)
    })

    it('one patch replaces the list where that is smaller', () => {
      const places = (from: unknown, to: unknown): unknown[] => diff(from, to).map(({ op, path }) => [op, path])
      expect(places({ rows }, { rows: [...rows].reverse() })).toEqual([['replace', ['rows']]])
      const numbers = rows.map(({ id }) => id)
      const doubled = numbers.map((n) => n * 2 + 1)
      expect(places(numbers, doubled)).toEqual([['replace', []]])
      expect(places(rows, [])).toEqual([['replace', ['length']]])
      expect(places([], numbers)).toEqual([['replace', []]])
    })
  })

  it('leads from any list to any other that has parts of it', () => {
    const part = fc.array(fc.integer({ max: 3, min: 0 }), { maxLength: 40 })
    fc.assert(
      fc.property(part, part, part, part, (before, after, old, next) => {
        const [from, to] = [old, next].map((mid) => [...before, ...mid, ...after]) as [number[], number[]]
        const patches = diff(from, to)
        expect(applyPatches(from, patches)).toEqual(to)
        expect((patched(from, patches) ?? { next: to }).next).toEqual(to)
        expect(patches.length).toBeLessThanOrEqual(8 + to.length / 4)
      }),
    )
  })
})
