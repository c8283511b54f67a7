import { applyPatches, enableMapSet, enablePatches } from 'immer'
import { createStore } from '@genpool/state-ane'
import { produceWithPatches } from '../../src/cells/produce'
import { protoNameIn } from '../../src/cells/proto-name'

enablePatches()
enableMapSet()

interface Item {
  n: number
}
interface State {
  list: Item[]
  byName: Record<string, unknown>
  child: Item
  other: number
  map: Map<string, unknown>
}

const stateOf = (): State => ({
  list: [{ n: 1 }, { n: 5 }],
  byName: { b: { n: 1 } },
  child: { n: 7 },
  other: 0,
  map: new Map([['x', { n: 1 }]]),
})

describe('patches of a recipe', () => {
  const recipes: Record<string, (draft: State) => void> = {
    'puts a changed draft into a new object': (d) => {
      d.list[0]!.n++
      d.byName = { a: d.list[0] }
    },
    'puts it there two levels deep': (d) => {
      d.list[0]!.n++
      d.byName['deep'] = { in: { a: d.list[0] } }
    },
    'puts it into a new list': (d) => {
      d.list[0]!.n++
      d.byName['all'] = [d.list[0], d.list[1]]
    },
    'puts it into a new map': (d) => {
      d.list[0]!.n++
      d.map = new Map<string, unknown>([['a', d.list[0]]])
    },
    'puts it into a new object first': (d) => {
      d.byName = { a: d.list[0] }
      d.list[0]!.n++
    },
    'spreads an object with it': (d) => {
      d.list[0]!.n++
      d.byName['a'] = d.list[0]
      d.byName = { x: { n: 0 }, ...d.byName }
    },
    'names it twice': (d) => {
      d.list[0]!.n++
      d.byName['a'] = d.list[0]
    },
    'moves it': (d) => {
      d.list[0]!.n++
      d.byName['a'] = d.list.shift()
    },
    'assigns its old value to a property': (d) => {
      const { child } = base
      expect(d.child.n).toBe(7)
      d.child = child
      d.other++
    },
    'deletes and adds a property': (d) => {
      delete d.byName['b']
      d.byName['b'] = { n: 2 }
    },
    'adds nested values': (d) => void d.list.push({ n: 3, more: [{ n: 4 }] } as Item),
  }
  let base: State

  it.each(Object.entries(recipes))('that %s lead to the same state, forward and back', (_, recipe) => {
    base = stateOf()
    const [next, patches, inverse] = produceWithPatches('cell', base, recipe as never)
    expect(applyPatches(base, patches)).toEqual(next)
    expect(applyPatches(next as State, inverse)).toEqual(base)
  })

  it('that bring a property "__proto__" into an object are found, whichever way they were made', () => {
    const evil = JSON.parse('{"more":{},"__proto__":{"admin":true}}') as object
    const [, patches] = produceWithPatches(
      'cell',
      { of: { was: 1 } } as { of: object },
      (draft) => void (draft.of = evil),
    )
    expect(protoNameIn(patches)).toEqual(['of'])
  })
})

describe('a change in which the patches of immer may be wrong, in a list of 100 000', () => {
  it('is a few patches, both ways, however long the list is', () => {
    const rows = Array.from({ length: 100_000 }, (_, id) => ({ id, n: 0 }))
    const store = createStore({ initial: { rows } as never })
    const cell = store.cell<{ rows: { id: number; n: number; of?: object }[] }>('x')
    const told: number[] = []
    cell.watch((_value, _version, patches, inverse) => void told.push(patches.length, inverse.length))
    cell.update((draft) => {
      const last = draft.rows.at(-1)!
      last.n = 1
      draft.rows.unshift({ id: -1, n: 0, of: { last } })
    })
    expect(told.every((length) => length <= 3)).toBe(true)
    expect(cell.value.rows).toHaveLength(100_001)
  })
})
