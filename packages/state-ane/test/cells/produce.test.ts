import fc from 'fast-check'
import { immerable, produce as immersProduce } from 'immer'
import { createStore, type Recipe } from '../../src'

class Point {
  readonly [immerable] = true
  constructor(
    public x: unknown,
    public y: unknown,
  ) {}
}

/** What is no data for immer: it is kept as it is, and not frozen. */
class Handle {
  open = true
}

/** Values of every kind that a state may be made of, made anew each time that they are asked for. */
const { tree } = fc.letrec<{ tree: () => unknown }>((tie) => {
  const many = { maxLength: 3, depthIdentifier: 'tree' } as const
  const some = <T>(make: (parts: (() => unknown)[]) => T) =>
    fc.array(tie('tree'), many).map((parts) => () => make(parts))
  const made = (parts: (() => unknown)[]): unknown[] => parts.map((part) => part())
  const named = (parts: (() => unknown)[]) => made(parts).map((part, i) => [`k${i}`, part] as const)
  return {
    tree: fc.oneof(
      { depthIdentifier: 'tree', depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(1, 'text', null, undefined).map((value) => () => value),
      fc.constant(() => new Handle()),
      some((parts) => Object.fromEntries(named(parts))),
      some((parts) => Object.assign(Object.create(null) as object, Object.fromEntries(named(parts)))),
      some((parts) => Object.freeze(Object.fromEntries(named(parts)))),
      some(made),
      some((parts) => new Map(named(parts))),
      some((parts) => new Set(made(parts))),
      some((parts) => new Point(...(made(parts) as [unknown, unknown]))),
    ),
  }
})

/** Every part that can be reached, with whether it is frozen, and whether a map or a set can still be changed. */
function shape(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const parts = value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value)
  return [value.constructor?.name, Object.isFrozen(value), mutable(value), parts.map((part) => shape(part))]
}

function mutable(value: object): boolean {
  if (!(value instanceof Map) && !(value instanceof Set)) return false
  try {
    value.delete('nothing')
    return true
  } catch {
    return false
  }
}

interface State {
  old: unknown
  place: Record<string, unknown>
}

describe('a recipe', () => {
  const recipes: readonly ((fresh: unknown) => Recipe<State>)[] = [
    (fresh) => (draft) => void (draft.place['new'] = fresh as never),
    (fresh) => (draft) => void (draft.place['new'] = { around: [fresh, draft.old] } as never),
    (fresh) => () => ({ old: fresh, place: {} }),
    (fresh) => (draft) => void (draft.old = [fresh, draft.old] as never),
    () => (draft) => void delete draft.place['there'],
  ]

  it('leaves what immer would leave, frozen as deeply', () => {
    fc.assert(
      fc.property(tree, tree, fc.constantFrom(...recipes), (before, fresh, recipe) => {
        const initial = (): State => ({ old: before(), place: { there: before() } })
        const cell = createStore().cell<State>('a', { initial })
        const ours = cell.update(recipe(fresh()))
        const theirs = immersProduce(
          immersProduce(initial(), () => undefined),
          recipe(fresh()) as never,
        ) as State
        expect(shape(ours.place)).toEqual(shape(theirs.place))
        expect(Object.isFrozen(ours)).toBe(true)
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 1000 },
    )
  })
})
