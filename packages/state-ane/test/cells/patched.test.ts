import fc from 'fast-check'
import { applyPatches, enableMapSet, enablePatches, Immer, type Objectish, type Patch } from 'immer'
import { patched } from '../../src/cells/patched'

enablePatches()
enableMapSet()
const immer = new Immer({ autoFreeze: true })
const produceWithPatches = (base: Doc, recipe: (draft: Doc) => void) => immer.produceWithPatches(base, recipe)

interface Doc {
  a: number
  b?: string | undefined
  list: number[]
  inner: Record<string, { n: number }>
  map: Map<string, number>
}

type Change = readonly [kind: number, key: string, n: number]

function change(draft: Doc, [kind, key, n]: Change): void {
  if (kind === 0) draft.a = n
  else if (kind === 1) draft.b = key
  else if (kind === 2) delete draft.b
  else if (kind === 3) draft.list.push(n)
  else if (kind === 4) draft.list.length = 0
  else if (kind === 5) draft.list[0] = n
  else if (kind === 6) draft.inner[key] = { n }
  else if (kind === 7) Reflect.deleteProperty(draft.inner, key)
  else if (kind === 8) draft.inner['x'] = { n: (draft.inner['x']?.n ?? 0) + n }
  else draft.map.set(key, n)
}

const changes = fc.array(fc.tuple(fc.nat(9), fc.constantFrom('x', 'y', 'length'), fc.nat(3)), { maxLength: 6 })
const first = (): Doc => ({ a: 0, list: [1, 2], inner: { x: { n: 1 } }, map: new Map() })

/** The objects in a value that are not frozen. Immer freezes maps in its own way. */
function thawed(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null || value instanceof Map) return []
  return [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(thawed)]
}

describe('applying patches without a draft', () => {
  it('freezes what is new, and leaves the rest as it is', () => {
    const [base] = produceWithPatches(first(), () => undefined)
    const patches: Patch[] = [
      { op: 'add', path: ['inner', 'y'], value: { n: 1 } },
      { op: 'replace', path: ['inner', 'y', 'n'], value: 2 },
      { op: 'replace', path: ['inner', 'x', 'n'], value: 3 },
    ]
    const next = patched(base, patches)?.next
    expect(next).toEqual({ ...base, inner: { x: { n: 3 }, y: { n: 2 } } })
    expect(thawed(next)).toEqual([])
    expect([next?.list, next?.map]).toEqual([base.list, base.map])
    expect(next?.list).toBe(base.list)
    expect(patches[0]?.value).toEqual({ n: 1 })
  })

  it('leads to what immer makes of them, and back again; or leaves them to immer', () => {
    let times = 0
    fc.assert(
      fc.property(changes, changes, (before, list) => {
        const [base] = produceWithPatches(first(), (draft) => before.forEach((each) => change(draft, each)))
        const [next, patches] = produceWithPatches(base, (draft) => list.forEach((each) => change(draft, each)))
        const made = patched(base, patches)
        if (made === null) return
        times++
        expect(made.next).toEqual(next)
        expect(applyPatches(next as Objectish, made.inverse)).toEqual(base)
        expect(base).toEqual(applyPatches(base as Objectish, []))
        expect(thawed(made.next)).toEqual([])
      }),
      { numRuns: 2000 },
    )
    expect(times).toBeGreaterThan(300)
  })

  it.each<[string, object, Patch]>([
    ['the whole value', { a: 1 }, { op: 'replace', path: [], value: 1 }],
    ['a prototype', {}, { op: 'add', path: ['__proto__'], value: { evil: true } }],
    ['a path that leads nowhere', { a: 1 }, { op: 'replace', path: ['a', 'b'], value: 1 }],
    ['an index past the end', { a: [1] }, { op: 'replace', path: ['a', 1], value: 1 }],
  ])('leaves %s to immer', (_, value, patch) => {
    expect(patched(value, [patch])).toBeNull()
  })
})
