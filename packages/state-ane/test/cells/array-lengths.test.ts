import { applyPatches, enablePatches } from 'immer'
import fc from 'fast-check'
import { diff } from '../../src/cells/diff'
import { produceWithPatches } from '../../src/cells/produce'

enablePatches()

type Draft = { l: unknown[]; n: number }

/** Holes are no properties, and JSON does not tell them from undefined. */
const shown = (list: readonly unknown[]): unknown[] =>
  Array.from({ length: list.length }, (_, i) => (Object.hasOwn(list, i) ? [list[i]] : 'hole'))

function follows(base: Draft, recipe: (draft: Draft) => void): void {
  const [next, patches, inverse] = produceWithPatches('cell', base, recipe as never)
  expect(shown(applyPatches(base, patches).l)).toEqual(shown(next.l))
  expect(shown(applyPatches(next, inverse).l)).toEqual(shown(base.l))
}

/** What was a part of a state is frozen. */
const own = (item: unknown): unknown => (typeof item === 'object' ? { ...item } : item)

const recipes: Record<string, (list: unknown[]) => void> = {
  'shrinks and grows': (l) => void ((l.length = 0), (l.length = 2)),
  grows: (l) => void (l.length = 5),
  'is emptied, and gets an item behind a hole': (l) => void (l.splice(0), (l[1] = 9)),
  'shrinks and grows to the same length': (l) => void ((l.length = 1), (l.length = 3)),
  'gets an item at another place then': (l) => void ((l.length = 0), (l.length = 3), (l[0] = 1)),
  'gets an item far behind its end': (l) => void (l[6] = 1),
  'is filled again': (l) => void ((l.length = 1), (l.length = 3), l.fill(0)),
  'gets undefined back': (l) => void ((l.length = 0), l.push(undefined), l.push(1)),
}

describe('an array whose length a recipe changes', () => {
  it.each(Object.entries(recipes))('that %s is the same in a copy', (_, recipe) => {
    follows({ l: [1, 2, 3], n: 0 }, (draft) => recipe(draft.l))
    follows({ l: [undefined, { a: 1 }, 3], n: 0 }, (draft) => recipe(draft.l))
  })

  const item = fc.oneof(fc.nat(3), fc.constant(undefined), fc.constant({ a: 1 }))
  const step = fc.oneof(
    fc.record({ kind: fc.constant('length' as const), to: fc.nat(8) }),
    fc.record({ kind: fc.constant('set' as const), at: fc.nat(8), item }),
    fc.record({ kind: fc.constant('delete' as const), at: fc.nat(8) }),
    fc.record({
      kind: fc.constant('splice' as const),
      at: fc.nat(8),
      count: fc.nat(4),
      items: fc.array(item, { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('reverse' as const) }),
    fc.record({ kind: fc.constant('shift' as const) }),
    fc.record({ kind: fc.constant('change' as const) }),
  )
  const list = fc.array(fc.option(item, { nil: 'hole' as const }), { maxLength: 8 }).map((items) => {
    const made = new Array<unknown>(items.length)
    items.forEach((each, i) => each !== 'hole' && (made[i] = each))
    return made
  })

  it('is the same in a copy, whatever is done to it', () => {
    fc.assert(
      fc.property(list, fc.array(step, { maxLength: 6 }), (l, steps) => {
        follows({ l, n: 0 }, ({ l }) => {
          for (const each of steps) {
            if (each.kind === 'length') l.length = each.to
            else if (each.kind === 'set') l[each.at] = own(each.item)
            else if (each.kind === 'delete') Reflect.deleteProperty(l, each.at)
            else if (each.kind === 'splice') l.splice(each.at, each.count, ...each.items.map(own))
            else if (each.kind === 'reverse') l.reverse()
            else if (each.kind === 'shift') l.shift()
            else for (const part of l) if (typeof part === 'object') (part as { a: number }).a++
          }
        })
      }),
    )
  })

  it('is the same when two values are compared', () => {
    fc.assert(
      fc.property(list, list, (from, to) => {
        expect(shown(applyPatches({ l: from }, diff({ l: from }, { l: to })).l)).toEqual(shown(to))
      }),
    )
  })
})
