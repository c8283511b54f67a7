import fc from 'fast-check'
import { applyPatches, enableMapSet, enablePatches, type Patch, produceWithPatches } from 'immer'
import { netPatches } from '../../src/groups/net-patches'

enablePatches()
enableMapSet()

interface Value {
  n: number
  deep: { [key: string]: { n: number } | number }
  list: number[]
  map: Map<unknown, number>
}
const START: Value = { n: 0, deep: { a: 1, '1': { n: 1 } }, list: [1, 2, 3], map: new Map<unknown, number>([[1, 1]]) }

/** Recipes of every kind, so that no part is only replaced and none only grows. */
const change = fc.record({ kind: fc.nat(11), k: fc.constantFrom('a', '1', 'b\0c'), n: fc.nat(4) })

function run({ kind, k, n }: { kind: number; k: string; n: number }, draft: Value): Value | undefined {
  if (kind < 3) draft.n = n
  else if (kind === 3) draft.deep[k] = n
  else if (kind === 4) draft.deep[k] = { n }
  else if (kind === 5) {
    const part = draft.deep[k]
    if (typeof part === 'object') part.n = n
  } else if (kind === 6) Reflect.deleteProperty(draft.deep, k)
  else if (kind === 7) draft.list[n] = n
  else if (kind === 8) draft.list.splice(n, 1)
  else if (kind === 9) draft.map.set(n % 2 === 0 ? n : String(n), n)
  else if (kind === 10) draft.map.delete(n)
  else return { ...START, n }
  return undefined
}

describe('the net patches of several commits', () => {
  it('do the same as all of their patches', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        let value = START
        const commits: (Patch[] | undefined)[] = []
        for (const one of changes) {
          const [next, patches] = produceWithPatches(value, (draft) => run(one, draft as Value) as never)
          if (next === value) continue
          value = next as Value
          commits.push(patches)
        }
        fc.pre(commits.length > 0)
        const net = netPatches(commits, value).map((patch) => ({ ...patch, path: ['value', ...patch.path] }))
        expect(applyPatches({ value: START }, net).value).toEqual(value)
      }),
      { numRuns: 5000, seed: 3 },
    )
  })

  it('keep their order if an array became shorter twice: what was changed in between may be gone', () => {
    const of = (path: (string | number)[], value: number): Patch => ({ op: 'replace', path, value })
    const commits = [[of(['length'], 3)], [of([2], 7)], [of(['length'], 1)]]
    expect(applyPatches([1, 2, 3, 4], [...netPatches(commits, [1])])).toEqual([1])
  })

  it('are one patch for each part that is only replaced, and one for a value that is replaced as a whole', () => {
    const set = (path: (string | number)[], value: number): Patch[] => [{ op: 'replace', path, value }]
    expect(netPatches([set(['n'], 1), set(['m', 0], 1), set(['n'], 2)], {})).toEqual([
      ...set(['n'], 2),
      ...set(['m', 0], 1),
    ])
    expect(netPatches([set(['n'], 1), set([], 1), undefined], 7)).toEqual(set([], 7))
  })
})
