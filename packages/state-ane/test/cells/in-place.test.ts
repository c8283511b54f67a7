import fc from 'fast-check'
import { immerable, produce as immersProduce } from 'immer'
import { createStore, InvalidError, type SyncCell } from '@genpool/state-ane'
import { memoryEngine } from '../journal/memory-engine'

/* eslint-disable @typescript-eslint/no-explicit-any -- recipes that the types would not let through */

class Account {
  balance = 1
  readonly owner = { name: 'ada' }
  readonly tags = ['new']
  readonly opened = new Date(5)
  readonly notes = new Map([['a', { text: 'x' }]])
  readonly marks = new Set([1])
  readonly key = new Uint8Array(2)
  readonly parent: Account | undefined
  constructor(parent?: Account) {
    this.parent = parent
  }
}
class Point {
  readonly [immerable] = true
  constructor(public at: unknown) {}
}

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

describe('a state with values that have no drafts', () => {
  it('is restored from a journal with the same protection', async () => {
    const engine = memoryEngine()
    await createStore({ journal: { engine } })
      .cell<any>('a', { initial: {} })
      .compareAndSet(0, { at: new Date(5) })
    const store = createStore({ journal: { engine } })
    await store.ready
    await expect(store.cell<any>('a').update((draft: any) => draft.at.setTime(1))).rejects.toThrow(/a Date in place/)
    expect(store.get<any>('a').at.getTime()).toBe(5)
  })

  it('names each value that a recipe has changed', () => {
    const cell = createStore().cell<any>('a', { initial: { at: new Date(5), bytes: new Uint8Array(2), n: 0 } })
    const attempt = (): unknown =>
      cell.update((draft: any) => {
        draft.n++
        draft.at.setTime(1)
        draft.bytes[1] = 1
      })
    expect(attempt).toThrow(/at at: [^]*at bytes: /)
    expect(cell).toMatchObject({ value: { n: 0 }, version: 0 })
  })

  it('keeps what a nested recipe of another cell may do apart', () => {
    const store = createStore()
    const other = store.cell<any>('other', { initial: { at: new Date(5) } })
    const cell = store.cell<any>('a', { initial: { at: new Date(5), n: 0 } })
    cell.update((draft: any) => {
      draft.n = draft.at.getTime() + other.update((inner: any) => void (inner.seen = inner.at.getTime())).seen
    })
    expect(cell.value.n).toBe(10)
    const attempt = (): unknown =>
      cell.update((draft: any) => {
        draft.at.setTime(1)
        expect(() => other.update((inner: any) => inner.at.setTime(1))).toThrow(/cell "other"/)
      })
    expect(attempt).toThrow(/cell "a"/)
    expect([cell.value.at.getTime(), other.value.at.getTime()]).toEqual([5, 5])
  })

  it('lets a class with [immerable] be changed like a plain object', () => {
    const cell = createStore().cell<any>('a', { initial: { p: new Point(1) } })
    const before = cell.value
    cell.update((draft: any) => void draft.p.at++)
    expect(cell.value.p).toBeInstanceOf(Point)
    expect([before.p.at, cell.value.p.at, cell.version]).toEqual([1, 2, 1])
  })

  it('may have a connection in it, which goes on to work and to change outside of recipes', () => {
    class Connection {
      #count = 0
      sent = 0
      send(): number {
        this.sent++
        return ++this.#count
      }
    }
    const cell = createStore().cell<any>('a', { initial: () => ({ connection: new Connection(), n: 0 }) })
    expect(cell.value.connection.send()).toBe(1)
    cell.update((draft: any) => void (draft.n += 1))
    expect(cell.value.connection.send()).toBe(2)
    expect(cell.value).toMatchObject({ connection: { sent: 2 }, n: 1 })
  })

  it('as a whole may be replaced by a recipe, with a patch', () => {
    const cell = createStore().cell<any>('a', { initial: () => new Account() })
    const patches: unknown[] = []
    cell.update(() => undefined)
    cell.watch((_value, _version, forward) => void patches.push(forward))
    const next = new Account()
    cell.update(() => next)
    expect(cell.value).toBe(next)
    expect(patches).toEqual([[{ op: 'replace', path: [], value: next }]])
    expect(cell.version).toBe(1)
  })

  it('is never changed without a version, whatever recipes do', () => {
    const change = fc.record({
      slot: fc.nat(3),
      what: fc.constantFrom('in place', 'replace', 'read', 'throw'),
      time: fc.integer({ min: 1, max: 1000 }),
    })
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), (recipes) => {
        const cell = createStore().cell<any>('a', {
          initial: () => ({ at: [1, 2, 3, 4].map((time) => new Date(time)) }),
        })
        for (const changes of recipes) {
          const before = cell.value.at.map(Number)
          const { version } = cell
          try {
            cell.update((draft: any) => {
              for (const { slot, what, time } of changes) {
                if (what === 'in place') draft.at[slot].setTime(time)
                else if (what === 'replace') draft.at[slot] = new Date(time)
                else if (what === 'throw') throw new Error('of its own')
                else draft.at[slot].getTime()
              }
            })
          } catch {
            expect(cell.version).toBe(version)
          }
          if (cell.version === version) expect(cell.value.at.map(Number)).toEqual(before)
        }
      }),
    )
  })
})
