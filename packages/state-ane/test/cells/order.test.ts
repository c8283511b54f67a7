import fc from 'fast-check'
import { enableMapSet, enablePatches } from 'immer'
import { copyData } from '../../src/cells/data'
import { produceWithPatches } from '../../src/cells/produce'
import { applied } from '../../src/replicas/applied'
import { crossing } from '../../src/replicas/crossing'

enablePatches()
enableMapSet()

interface State {
  object: Record<string, unknown>
  map: Map<string, unknown>
  set: Set<string>
  objects: Set<{ id: string; n: number }>
}

const NAMES = ['a', 'b', 'c', 'd', '1', '2', '10']
const name = fc.constantFrom(...NAMES)
const part = fc.constantFrom('object', 'map', 'set', 'objects', 'inner')
const step = fc.record({
  part,
  kind: fc.constantFrom('set', 'delete', 'touch', 'change', 'clear'),
  name,
  value: fc.nat(2),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A state with these names in this order, once in each kind of container. */
function stateOf(names: readonly string[]): State {
  return {
    object: Object.fromEntries(names.map((key) => [key, 0])),
    map: new Map<string, unknown>([
      ...names.map((key) => [key, 0] as const),
      ['in', new Map(names.map((key) => [key, { n: 0 }]))],
    ]),
    set: new Set(names),
    objects: new Set(names.map((id) => ({ id, n: 0 }))),
  }
}

function run(draft: State, { part, kind, name: key, value }: Step): void {
  const inner = draft.map.get('in') as Map<string, { n: number }> | undefined
  if (part === 'object') inObject(draft.object, kind, key, value)
  else if (part === 'set') inSet(draft.set, kind, key)
  else if (part === 'objects') inObjects(draft.objects, kind, key)
  else if (part === 'map') inMap(draft.map, kind, key, value)
  else if (kind === 'change') (inner?.get(key) ?? { n: 0 }).n++
  else if (inner !== undefined) inMap(inner, kind, key, { n: value })
}

function inObject(object: Record<string, unknown>, kind: Step['kind'], key: string, value: number): void {
  const old = object[key]
  if (kind === 'set' || kind === 'change') object[key] = value
  else if (kind === 'clear') for (const each of Object.keys(object)) Reflect.deleteProperty(object, each)
  else Reflect.deleteProperty(object, key)
  if (kind === 'touch') object[key] = old
}

function inMap(map: Map<string, unknown>, kind: Step['kind'], key: string, value: unknown): void {
  const old = map.get(key)
  if (kind === 'set' || kind === 'change') map.set(key, value)
  else if (kind === 'clear') map.clear()
  else map.delete(key)
  if (kind === 'touch') map.set(key, old)
}

function inSet(set: Set<string>, kind: Step['kind'], key: string): void {
  if (kind === 'set' || kind === 'change') set.add(key)
  else if (kind === 'clear') set.clear()
  else set.delete(key)
  if (kind === 'touch') set.add(key)
}

function inObjects(set: State['objects'], kind: Step['kind'], key: string): void {
  const found = [...set].find(({ id }) => id === key)
  if (kind === 'set') set.add({ id: key, n: 0 })
  else if (kind === 'clear') set.clear()
  else if (kind === 'change' && found !== undefined) found.n++
  else if (found !== undefined) set.delete(found)
  if (kind === 'touch' && found !== undefined) set.add(found)
}

/** A text that differs if the order of anything differs. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part instanceof Map ? ['map', ...part] : part instanceof Set ? ['set', ...part] : plain(part),
  )
}

function plain(part: unknown): unknown {
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? ['object', ...Object.entries(part)] : part
}

describe('the order of keys and items', () => {
  const names = fc.uniqueArray(name)
  const steps = fc.array(step, { maxLength: 8 })

  it('is the same in a copy that got the patches of recipes', () => {
    fc.assert(
      fc.property(names, fc.array(steps, { minLength: 1, maxLength: 3 }), (before, recipes) => {
        let [value, copy] = [stateOf(before), stateOf(before)]
        for (const recipe of recipes) {
          const [next, patches] = produceWithPatches('cell', value, (draft: State) =>
            recipe.forEach((each) => run(draft, each)),
          )
          value = next
          copy = applied(copy, copyData(crossing(patches, next)))
          expect(inOrder(copy)).toBe(inOrder(value))
        }
      }),
      { numRuns: 3000 },
    )
  })
})
