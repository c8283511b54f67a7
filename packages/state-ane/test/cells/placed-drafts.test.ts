import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { applyPatches, enableMapSet, enablePatches, immerable } from 'immer'
import { createStore } from '@genpool/state-ane'
import { memoryEngine, reopened } from '../journal/memory-engine'

enablePatches()
enableMapSet()

/* eslint-disable @typescript-eslint/no-explicit-any -- states of many shapes */
type State = any

class Box {
  constructor(readonly content: unknown) {}
}
class Drafted {
  readonly [immerable] = true
  constructor(readonly content: unknown) {}
}

const initial = (): State => ({
  items: [0, 1, 2].map((n) => ({ in: { n }, of: new Map([['a', { n }]]) })),
  list: [],
  map: new Map([['a', 1]]),
  set: new Set([1]),
  one: {},
})

/** Puts a part of the draft somewhere. What is made has no name of its own, so that the same place may be taken twice. */
const PLACES: Record<string, (draft: State, part: unknown) => void> = {
  'a list': (draft, part) => draft.list.push(part),
  'a new list': (draft, part) => draft.list.push([[part]]),
  'a property': (draft, part) => void (draft.one.part = part),
  'a new object': (draft, part) => void (draft.one = { deep: { part: [part] } }),
  'an instance of an immerable class': (draft, part) => void (draft.one = new Drafted([part])),
  'a map': (draft, part) => draft.map.set('part', part),
  'a new map': (draft, part) => draft.list.push(new Map([['part', [part]]])),
  'a set': (draft, part) => draft.set.add(part),
  'a new set': (draft, part) => draft.list.push(new Set([1, part, { part }])),
  'a key': (draft, part) => draft.map.set(part, 1),
  'a key and its value': (draft, part) => draft.map.set(part, part),
  'a key of a new map': (draft, part) => draft.list.push({ by: new Map([[part, { part }]]) }),
  'within a key': (draft, part) => draft.map.set([{ part }], 1),
  'within a key of a new map': (draft, part) => draft.set.add(new Map([[{ part }, 1]])),
  'a new map as a key': (draft, part) => draft.map.set(new Map([[part, part]]), 1),
}

type Step = readonly [number, 'whole' | 'in' | 'of', string]
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.nat(2),
  fc.constantFrom('whole', 'in', 'of'),
  fc.constantFrom('change', 'remove', ...Object.keys(PLACES)),
)

/** The same on a draft and on an object that may be changed. */
const following = (steps: readonly Step[]) => (draft: State) => {
  const items = [...draft.items]
  steps.forEach(([i, which, what], at) => {
    const part = which === 'whole' ? items[i] : items[i][which]
    if (what === 'remove') draft.items[i] = null
    else if (what !== 'change') PLACES[what]?.(draft, part)
    else if (which === 'of') part.set(`k${at}`, { at })
    else (which === 'in' ? part : part.in).n = 100 + at
  })
}

const isFrozen = (part: unknown): boolean => {
  if (typeof part !== 'object' || part === null) return true
  const parts = part instanceof Map ? [...part.keys(), ...part.values()] : Object.values(part)
  return Object.isFrozen(part) && (part instanceof Set ? [...part] : parts).every(isFrozen)
}

describe('a part of the draft, put anywhere', () => {
  it('is what it has become: without a watcher, with one, in its patches, and with a journal', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const recipe = following(steps)
        const expected = initial()
        recipe(expected)
        const plain = createStore().cell<State>('cell', { initial: initial() })
        const watched = createStore().cell<State>('cell', { initial: initial() })
        const before = watched.value
        const copies: unknown[] = []
        watched.watch((value, _, patches, inverse) => {
          copies.push(applyPatches(before, [...patches]), applyPatches(value, [...inverse]))
        })
        const engine = memoryEngine()
        const store = createStore({ journal: { engine } })
        const kept = store.cell<State>('cell', { initial: initial() })
        for (const cell of [plain, watched, kept]) {
          await cell.update(() => undefined)
          await cell.update(recipe)
          expect(isFrozen(cell.value)).toBe(true)
          expect(isDeepStrictEqual(structuredClone(cell.value), structuredClone(expected))).toBe(true)
        }
        const again = createStore({ journal: { engine: reopened(engine) } })
        await again.ready
        const [forward, back] = copies.length === 0 ? [watched.value, before] : copies
        expect(isDeepStrictEqual(forward, watched.value)).toBe(true)
        expect(isDeepStrictEqual(back, before)).toBe(true)
        const restored = again.cell<State>('cell', { initial: initial() }).value
        expect(isDeepStrictEqual(structuredClone(restored), structuredClone(expected))).toBe(true)
      }),
    ))

  it('is the key that was there before, if it has not changed', () => {
    const cell = createStore().cell<State>('cell', { initial: initial() })
    const rank = (score: number) => (draft: State) => {
      for (const item of draft.items) draft.map.set(item, score)
    }
    cell.update(rank(1))
    cell.update(rank(2))
    expect([...cell.value.map]).toEqual([['a', 1], ...cell.value.items.map((item: unknown) => [item, 2])])
    expect(cell.value.map.get(cell.value.items[0])).toBe(2)
  })

  it.each<[string, (draft: State) => void, string]>([
    ['an instance of a class', (draft) => void (draft.one = new Box(draft.items[0])), 'at one.content: a part of the'],
    [
      'an object in such an instance',
      (draft) => void draft.list.push({ box: new Box([{ map: draft.items[0].of }]) }),
      'at list.0.box.content.0.map: a part of the draft is in an instance of "Box", and it ends with its recipe',
    ],
    [
      'such an instance that is a key',
      (draft) => void draft.map.set(new Box(draft.items[0]), 1),
      'at map.a key.content: a part of the draft is in an instance of "Box"',
    ],
    ['a date', (draft) => void (draft.one = Object.assign(new Date(0), { of: draft.items })), 'at one.of: a part of'],
    ['an error', (draft) => void (draft.one = new Error('no', { cause: draft.items })), 'at one.cause: a part of the'],
    ['itself, where nothing can take its place', (draft) => void (draft.one = [draft]), 'at one.0: it contains itself'],
  ])('is refused in %s, with its path, and the state is as it was', async (_, recipe, message) => {
    const watched = createStore().cell<State>('cell', { initial: initial() })
    watched.watch(() => undefined)
    const kept = createStore({ journal: { engine: memoryEngine() } }).cell<State>('cell', { initial: initial() })
    const plain = createStore().cell<State>('cell', { initial: initial() })
    for (const cell of [plain, watched, kept]) {
      await expect((async () => cell.update(recipe))()).rejects.toMatchObject({
        code: 'ERR_GENPOOL_INVALID',
        message: expect.stringContaining(message) as string,
      })
      expect([cell.value, cell.version]).toEqual([initial(), 0])
    }
  })

  it('of an ended recipe is refused as a key, and in an instance', () => {
    const cell = createStore().cell<State>('cell', { initial: initial() })
    let kept: unknown
    cell.update((draft) => void (kept = draft.items[0]))
    const places = [() => new Map([[kept, 1]]), () => new Map([[{ kept }, 1]]), () => new Box(kept)]
    for (const place of places) {
      expect(() => cell.update((draft) => void (draft.one = place()))).toThrow(/at one\..*ends with its recipe/)
      expect(() => cell.compareAndSet(0, { one: place() })).toThrow('a draft is used after its recipe has returned')
    }
    expect(cell.version).toBe(0)
  })

  it('is refused by a journal in what is frozen already', async () => {
    const cell = createStore({ journal: { engine: memoryEngine() } }).cell<State>('cell', { initial: initial() })
    const done = cell.update((draft) => void (draft.one = { deep: [Object.freeze([draft.items[0]])] }))
    await expect(done).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('at one.deep.0.0: a draft is used after its recipe has returned') as string,
    })
  })

  it('calls no accessor of an instance', () => {
    const one = Object.defineProperty(new Box([1]), 'late', {
      enumerable: true,
      get: () => {
        throw new Error('called')
      },
    })
    const cell = createStore().cell<State>('cell', { initial: initial() })
    cell.update((draft) => void (draft.one = one))
    expect(cell.value.one).toBe(one)
  })
})
