import { createStore, type Draft, PatchLog, type ReplicaCell } from '@genpool/state-ane'
import { Far } from './replica-store'
import { quiet } from './counting'

const HIDDEN = Symbol('hidden')
interface State {
  readonly n: number
  readonly by: Readonly<Record<PropertyKey, unknown>>
}
type Recipe = (draft: Draft<State>) => void

const hide: Recipe = ({ by }) => void (by[HIDDEN] = { x: 1 })

function setUp() {
  const cell = createStore().cell<State>('state', { initial: { n: 0, by: { a: 1 } } })
  const far = new Far(new PatchLog(cell as never), () => 0)
  return { cell, far, replica: far.replica as unknown as ReplicaCell<State> }
}

describe('what a symbol names in a state does not come to a replica', () => {
  it.each<[string, Recipe, object]>([
    ['set beside something else', (draft) => (hide(draft), void draft.n++), { n: 1, by: { a: 1 } }],
    ['set alone', hide, { n: 0, by: { a: 1 } }],
    [
      'changed within',
      (draft) => (hide(draft), void ((draft.by[HIDDEN] as { x: number }).x = 2)),
      { n: 0, by: { a: 1 } },
    ],
    ['in a new object', (draft) => void (draft.by = { b: 2, [HIDDEN]: 1 }), { n: 0, by: { b: 2 } }],
    [
      'in a list that is new',
      (draft) => void (draft.by['list'] = [{ [HIDDEN]: 1 }]),
      { n: 0, by: { a: 1, list: [{}] } },
    ],
  ])('%s where the cell is', (_, recipe, expected) => {
    const { cell, far, replica } = setUp()
    for (let i = 1; i <= 2; i++) {
      cell.update(recipe as never)
      far.reach()
      expect([replica.version, Object.getOwnPropertySymbols(replica.value.by)]).toEqual([i, []])
    }
    expect(replica.value).toMatchObject({ ...expected, n: cell.value.n })
    cell.update((draft) => void Reflect.deleteProperty(draft.by, HIDDEN))
    cell.update((draft) => void (draft.by['last'] = 1))
    far.reach()
    expect(replica.value.by).toMatchObject({ last: 1 })
  })
})

describe('what a symbol names is left out of a commit of a replica', () => {
  const commits: Record<string, (replica: ReplicaCell<State>, recipe: Recipe) => unknown> = {
    'a recipe': (replica, recipe) => replica.update(recipe),
    'a hold': async (replica, recipe) => {
      const hold = await replica.hold()
      await hold.update(recipe)
      hold.release()
    },
    'a state made by a recipe': (replica, recipe) => replica.compareAndSet(replica.version, replica.produce(recipe)),
  }

  it.each(Object.entries(commits))('also where it is made: %s', async (_, commit) => {
    const { cell, replica } = setUp()
    await commit(replica, (draft) => (hide(draft), void draft.n++))
    expect([cell.value, replica.value]).toEqual([
      { n: 1, by: { a: 1 } },
      { n: 1, by: { a: 1 } },
    ])
    expect([cell.version, Object.getOwnPropertySymbols(replica.value.by)]).toEqual([1, []])
  })

  it.each(Object.entries(commits))('so that nothing may be left of it: %s', async (_, commit) => {
    const { cell, replica } = setUp()
    await commit(replica, hide)
    await commit(replica, (draft) => void draft.n++)
    await quiet()
    expect([cell.value, cell.version, replica.version]).toEqual([{ n: 1, by: { a: 1 } }, 1, 1])
  })

  it('and of a returned state', async () => {
    const { cell, replica } = setUp()
    await replica.compareAndSet(replica.version, { n: 1, by: { b: 2, [HIDDEN]: 1 } })
    expect([cell.value, cell.version]).toEqual([{ n: 1, by: { b: 2 } }, 1])
  })
})
