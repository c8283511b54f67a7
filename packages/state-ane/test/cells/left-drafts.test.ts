import { createStore } from '@genpool/state-ane'
import { patching } from '../../src/cells/apply-patches'
import { produce, produceWithPatches } from '../../src/cells/produce'

/* eslint-disable @typescript-eslint/no-explicit-any -- states of many shapes */
type State = Record<string, any>

/** What a recipe makes of a state, with and without patches; and what the patches make of it, forward and back. */
const made = (initial: () => State, recipe: (draft: any) => void) => {
  const cell = createStore().cell<State>('cell', { initial: initial() })
  const before = cell.value
  cell.update(recipe)
  const [watched, patches, inverse] = produceWithPatches('cell', before, recipe)
  return {
    plain: cell.value,
    watched,
    forward: produce('copy', before, patching(patches)),
    back: produce('copy', watched, patching(inverse)),
  }
}

describe('a part of the draft', () => {
  it.each<[string, () => State, (draft: any) => void, State]>([
    [
      'in a new set',
      () => ({ m: { x: 1 }, s: 0 }),
      (draft) => void (draft.s = new Set([5, draft.m, 6])),
      { m: { x: 1 }, s: new Set([5, { x: 1 }, 6]) },
    ],
    [
      'that was changed, in a new set',
      () => ({ m: { x: 1 }, s: 0 }),
      (draft) => {
        draft.m.x = 2
        draft.s = new Set([draft.m])
      },
      { m: { x: 2 }, s: new Set([{ x: 2 }]) },
    ],
    [
      'that is changed later, in a new set of a map',
      () => ({ m: { x: { y: 1 } }, s: new Map() }),
      (draft) => {
        draft.s.set('a', new Set([draft.m]))
        draft.m.x.y = 3
      },
      { m: { x: { y: 3 } }, s: new Map([['a', new Set([{ x: { y: 3 } }])]]) },
    ],
    [
      'in a new set in a set',
      () => ({ m: { x: 1 }, s: new Set() }),
      (draft) => void draft.s.add(new Set([draft.m])),
      { m: { x: 1 }, s: new Set([new Set([{ x: 1 }])]) },
    ],
    [
      'that has no other place, in a new set of a new object',
      () => ({ m: { x: { y: 1 } }, list: [] }),
      (draft) => {
        draft.list.push({ of: new Set([draft.m]) })
        draft.m.x.y = 2
        delete draft.m
      },
      { list: [{ of: new Set([{ x: { y: 2 } }]) }] },
    ],
    [
      'below the key undefined of a map',
      () => ({ g: new Map<unknown, unknown>([[undefined, [0]]]) }),
      (draft) => void draft.g.get(undefined).push(1),
      { g: new Map([[undefined, [0, 1]]]) },
    ],
    [
      'deep below it',
      () => ({ g: new Map<unknown, unknown>([[undefined, new Map([[true, new Map([[2, { n: 7 }]])]])]]) }),
      (draft) => void (draft.g.get(undefined).get(true).get(2).n = 5),
      { g: new Map([[undefined, new Map([[true, new Map([[2, { n: 5 }]])]])]]) },
    ],
  ])('%s is what it has become, and all is frozen', (_, initial, recipe, expected) => {
    const { plain, watched, forward, back } = made(initial, recipe)
    for (const state of [plain, watched, forward]) expect(state).toEqual(expected)
    expect(back).toEqual(initial())
    const frozen = (part: unknown): boolean =>
      typeof part !== 'object' ||
      part === null ||
      (Object.isFrozen(part) &&
        (part instanceof Map || part instanceof Set ? [...part.values()] : Object.values(part)).every(frozen))
    expect([frozen(plain), frozen(watched)]).toEqual([true, true])
  })

  it('of another recipe is refused', () => {
    const cell = createStore().cell<State>('cell', { initial: { m: { x: 1 }, s: 0 } })
    let kept: unknown
    cell.update((draft) => void (kept = draft['m']))
    expect(() => cell.update((draft) => void (draft['s'] = new Set([kept])))).toThrow(
      'a draft is used after its recipe',
    )
    expect(() => cell.update((draft) => void (draft['s'] = new Set([draft['m'], kept])))).toThrow('after its recipe')
    expect(cell.value).toEqual({ m: { x: 1 }, s: 0 })
  })
})
