import fc from 'fast-check'
import { immerable, produce as immersProduce } from 'immer'
import { createStore, type Patch, type Recipe } from '../../src'

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

interface Shelf {
  list: { n: number }[]
  byName: Record<string, { n: number }>
  byKey: Map<string, { n: number }>
}

type Move = readonly [kind: number, key: string, n: number]

function move(draft: Shelf, [kind, key, n]: Move): void {
  if (kind === 0) draft.list.unshift({ n })
  else if (kind === 1) draft.list.reverse()
  else if (kind === 2) draft.list.splice(n, 1)
  else if (kind === 3) draft.list.forEach((each) => (each.n += n))
  else if (kind === 4) Reflect.deleteProperty(draft.byName, key)
  else if (kind === 5) draft.byName = { [key]: { n }, ...draft.byName }
  else if (kind === 6) draft.byName[key] = draft.list.shift() ?? { n }
  else if (kind === 7) moveToMap(draft, key)
  else if (kind === 8) draft.byKey.delete(key)
  else draft.byKey.forEach((each) => (each.n += n))
}

function moveToMap({ byName, byKey }: Shelf, key: string): void {
  const moved = byName[key]
  if (moved === undefined) return
  Reflect.deleteProperty(byName, key)
  byKey.set(key, moved)
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const parts: unknown[] = value instanceof Map ? [...value.values()] : Object.values(value)
  return Object.isFrozen(value) && parts.every(isFrozen)
}

describe('the parts of a state', () => {
  const moves = fc.array(fc.tuple(fc.nat(9), fc.constantFrom('a', 'b', 'c'), fc.nat(2)), { maxLength: 4 })
  const initial = (): Shelf => ({ list: [{ n: 1 }], byName: { b: { n: 1 } }, byKey: new Map([['a', { n: 1 }]]) })

  it('are frozen, whatever moves to another place, and also where only patches arrive', () => {
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 4 }), (commits) => {
        const store = createStore()
        const cell = store.cell<Shelf>('here', { initial })
        const other = store.cell<Shelf>('there', { initial })
        let patches: readonly Patch[] = []
        cell.watch((_value, _version, forward) => (patches = forward))
        for (const list of commits) {
          patches = []
          cell.update((draft) => list.forEach((each) => move(draft as Shelf, each)))
          if (other.patch?.(patches) === undefined) other.compareAndSet(other.version, cell.value)
          expect(isFrozen(cell.value)).toBe(true)
          expect(isFrozen(other.value)).toBe(true)
          expect(other.value).toEqual(cell.value)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('are not looked into if a commit leaves them as they are', () => {
    const group = (): Record<string, { n: number }> => ({ a: { n: 0 }, b: { n: 0 } })
    const groups = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`g${i}`, group()]))
    const cell = createStore().cell('large', { initial: { groups } })
    const looks = jest.spyOn(Object, 'isFrozen')
    cell.update((draft) => void (draft.groups['g7']!['a']!.n = 1))
    const times = looks.mock.calls.length
    looks.mockRestore()
    expect(times).toBeLessThan(50)
  })
})
