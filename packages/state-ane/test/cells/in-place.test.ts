import { produce as immersProduce } from 'immer'
import { createStore, InvalidError, type SyncCell } from '@genpool/state-ane'
import { memoryEngine } from '../journal/memory-engine'
import { Account, Point } from './classes'

/* eslint-disable @typescript-eslint/no-explicit-any -- recipes that the types would not let through */

interface Kind {
  readonly make: () => any
  /** Changes in place, each of which must be noticed. */
  readonly changes: readonly ((value: any) => void)[]
  readonly says: RegExp
}
const bytes = (make: () => any, name: string): Kind => ({
  make,
  changes: [(value) => void (value[0] = 9), (value) => value.fill(7), (value) => value.reverse()],
  says: new RegExp(`the bytes of "${name}" in place. Put a changed copy there`),
})
const kinds: Readonly<Record<string, Kind>> = {
  'a Date': {
    make: () => new Date(5),
    changes: [(value) => value.setFullYear(1999), (value) => value.setTime(NaN)],
    says: /a Date in place. Put a new one there, as in draft.at = new Date/,
  },
  'a Buffer': bytes(() => Buffer.from([1, 2, 3]), 'Buffer'),
  'a Uint8Array': bytes(() => new Uint8Array([1, 2, 3]), 'Uint8Array'),
  'a Float64Array over a part of a buffer': bytes(
    () => new Float64Array(new ArrayBuffer(64), 8, 3).map((_, i) => i),
    'Float64Array',
  ),
  'a DataView': {
    make: () => new DataView(new ArrayBuffer(8)),
    changes: [(value) => value.setInt8(3, 1)],
    says: /the bytes of "DataView"/,
  },
  'an ArrayBuffer': {
    make: () => new ArrayBuffer(8),
    changes: [(value) => void (new Uint8Array(value)[7] = 1)],
    says: /the bytes of "ArrayBuffer"/,
  },
  'an instance of a class': {
    make: () => new Account(new Account()),
    changes: [
      (value) => void value.balance++,
      (value) => void (value.owner.name = 'bob'),
      (value) => value.tags.push('x'),
      (value) => value.tags.pop(),
      (value) => void (value.other = 1),
      (value) => void delete value.balance,
      (value) => value.opened.setTime(1),
      (value) => value.notes.set('b', 1),
      (value) => void (value.notes.get('a').text = 'y'),
      (value) => value.marks.delete(1),
      (value) => void (value.key[0] = 1),
      (value) => void value.parent.balance++,
    ],
    says: /an instance of "Account" in place. Put a new instance there, use a plain object, or give the class \[immerable\] = true/,
  },
}
const all = Object.entries(kinds).flatMap(([name, kind]) =>
  kind.changes.map((change, i) => [`${name}, ${i}`, { ...kind, change }] as const),
)

/** Where in a state a value may stand, and how a recipe comes to it. */
const places: readonly (readonly [string, (value: any) => any, (draft: any) => any, readonly PropertyKey[]])[] = [
  ['an object', (value) => ({ value }), (draft) => draft.value, ['value']],
  ['a list deep inside', (value) => ({ a: [{ b: [0, value] }] }), (draft) => draft.a[0].b[1], ['a', '0', 'b', '1']],
  ['a map', (value) => ({ a: new Map([['k', value]]) }), (draft) => draft.a.get('k'), ['a', 'k']],
  ['a set', (value) => ({ a: new Set([value]) }), (draft) => [...draft.a][0], ['a', 0]],
  ['an immerable instance', (value) => ({ p: new Point(value) }), (draft) => draft.p.at, ['p', 'at']],
  ['the whole state', (value) => value, (draft) => draft, []],
]

/** A copy that can be compared later. */
const copyOf = (state: unknown): unknown => structuredClone(state)

describe.each(all)('%s', (_name, { make, change, says }) => {
  it.each(places)(
    'in %s is not changed in place: the recipe is refused, and says where and what to do',
    (_p, around, find, path) => {
      for (const isWatched of [false, true]) {
        const cell = createStore().cell<any>('n', { initial: () => around(make()) })
        let told = 0
        if (isWatched) cell.watch(() => void told++)
        const before = copyOf(cell.value)
        const attempt = (): unknown => cell.update((draft: any) => void change(find(draft)))
        expect(attempt).toThrow(InvalidError)
        expect(attempt).toThrow(says)
        expect(attempt).toThrow(expect.objectContaining({ path }))
        expect(attempt).toThrow(/It is as it was before/)
        expect(copyOf(cell.value)).toEqual(before)
        expect([cell.version, told]).toEqual([0, 0])
      }
    },
  )

  it('is as it was if the recipe throws, whose error is not hidden', () => {
    const cell = createStore().cell<any>('n', { initial: () => ({ value: make() }) })
    const before = copyOf(cell.value)
    const attempt = (): unknown =>
      cell.update((draft: any) => {
        change(draft.value)
        throw new RangeError('of its own')
      })
    expect(attempt).toThrow(new RangeError('of its own'))
    expect(copyOf(cell.value)).toEqual(before)
  })

  it('is not changed in place either before it is replaced', () => {
    const cell = createStore().cell<any>('n', { initial: () => ({ value: make() }) })
    const attempt = (): unknown =>
      cell.update((draft: any) => {
        change(draft.value)
        draft.value = make()
      })
    expect(attempt).toThrow(says)
  })
})

describe.each(Object.entries(kinds))('%s', (_name, { make, changes: [change], says }) => {
  const cellWith = (value: unknown): SyncCell<any> => createStore().cell<any>('n', { initial: () => ({ value, n: 0 }) })

  it('may be replaced, read, moved and removed', () => {
    const cell = cellWith(make())
    const fresh = make()
    cell.update((draft: any) => void (draft.value = fresh))
    expect(cell.value.value).toBe(fresh)
    cell.update((draft: any) => void (draft.text = String(draft.value)))
    cell.update((draft: any) => {
      draft.list = [draft.value]
      delete draft.value
    })
    expect(cell.value.list[0]).toBe(fresh)
    expect(cell.version).toBe(3)
  })

  it('may be changed as long as it is not in the state', () => {
    const cell = cellWith(make())
    const fresh = make()
    cell.update((draft: any) => {
      draft.value = fresh
      change?.(draft.value)
    })
    expect(cell.version).toBe(1)
    cell.update((draft: any) => void (draft.value = make()))
    expect(() => cell.update((draft: any) => void change?.(draft.value))).toThrow(says)
  })

  it('is not changed in place however it came in', async () => {
    const inPlace = (draft: any): void => void change?.(draft.value)
    const set = cellWith(1)
    set.compareAndSet(0, { value: make() })
    expect(() => set.update(inPlace)).toThrow(says)
    const frozen = cellWith(1)
    frozen.compareAndSet(
      0,
      immersProduce({ old: frozen.value, value: 1 }, (draft: any) => void (draft.value = make())),
    )
    expect(() => frozen.update(inPlace)).toThrow(says)
    const frozenFirst = createStore().cell<any>('n', { initial: () => Object.freeze({ value: make() }) })
    expect(() => frozenFirst.update(inPlace)).toThrow(says)
    const store = createStore()
    store.cell('a', { initial: { value: make() } })
    expect(() => store.transaction(['a'], (draft) => inPlace(draft['a']))).toThrow(says)
    const journaled = createStore({ journal: { engine: memoryEngine() } }).cell<any>('a', {
      initial: { value: make() },
    })
    await expect(journaled.update(inPlace)).rejects.toThrow(says)
  })

  it('looks to others as before', () => {
    const value = make()
    cellWith(value)
    expect(value).toStrictEqual(make())
    expect(Object.keys(value)).toEqual(Object.keys(make()))
    expect({ ...value }).toStrictEqual({ ...make() })
  })
})
