import { createStore, type Draft, type Patch, PatchLog, type Recipe, type ReplicaCell } from '@genpool/state-ane'
import { Far } from './replica-store'
import { quiet } from './counting'

type Inner = { n: number; prototype: number[] }
interface Part {
  list: number[]
  by: Map<string, number>
  constructor?: Inner | undefined
}
type State = Readonly<Record<string, Part>>
const part = (): Part => ({ list: [1], by: new Map([['a', 1]]), constructor: { n: 1, prototype: [1] } })
const own = (draft: Draft<State>): Part => draft['constructor'] as Part
const inner = (draft: Draft<State>): Inner => own(draft).constructor as Inner

const recipes: Record<string, (draft: Draft<State>) => void> = {
  'a list that grows': (draft) => void own(draft).list.push(2),
  'a list that is cut': (draft) => void (own(draft).list.length = 0),
  'a map': (draft) => void own(draft).by.set('b', 2),
  'a value': (draft) => void (inner(draft).n = 2),
  'a list under "prototype"': (draft) => void inner(draft).prototype.push(2),
  'a name that goes': (draft) => void delete own(draft).constructor,
  'several at once': (draft) => {
    own(draft).list.push(2)
    draft['other'] = part()
    draft['other'].list.push(3)
    own(draft).by.delete('a')
  },
}

describe('a change below a property with the name "constructor"', () => {
  it.each(Object.entries(recipes))('is committed through a replica, and known to others: %s', async (_, recipe) => {
    const inProcess = createStore().cell<State>('state', { initial: { ['constructor']: part() } })
    await inProcess.update(recipe as Recipe<State>)
    for (const isHeld of [false, true]) {
      const cell = createStore().cell<State>('state', { initial: { ['constructor']: part() } })
      const log = new PatchLog<State>(cell)
      const [one, other] = [new Far(log as never, () => 0), new Far(log as never, () => 0)]
      other.reach()
      const replica = one.replica as unknown as ReplicaCell<State>
      const hold = isHeld ? await replica.hold() : undefined
      expect(await (hold ?? replica).update(recipe as Recipe<State>)).toEqual(inProcess.value)
      hold?.release()
      await quiet()
      other.reach()
      expect([cell.value, other.replica.value]).toEqual([inProcess.value, inProcess.value])
    }
  })

  it('reaches what the value has, never what all objects inherit', async () => {
    const cell = createStore().cell<State>('state', { initial: {} })
    const { session, down, replica } = new Far(new PatchLog<State>(cell) as never, () => 0)
    const evil: Patch = { op: 'add', path: ['constructor', 'evil'], value: [true] }
    const legal: Patch = { op: 'add', path: ['a'], value: new Map() }
    session.receive(['commit', 1, 1, 0, [evil, legal], 1])
    await quiet()
    down.flush()
    expect([cell.version, Object.hasOwn(Object, 'evil'), replica.version]).toEqual([0, false, 0])
    session.receive(['commit', 2, 2, 0, [legal], 2])
    expect(cell.value).toEqual({ a: new Map() })
  })
})
