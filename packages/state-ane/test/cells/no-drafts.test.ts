import fc from 'fast-check'
import { createStore } from '@genpool/state-ane'
import { memoryEngine, reopened } from '../journal/memory-engine'
import { Account, Point } from './classes'

/* eslint-disable @typescript-eslint/no-explicit-any -- recipes that the types would not let through */

describe('a state with values that have no drafts', () => {
  it('is restored from a journal with the same protection', async () => {
    const engine = memoryEngine()
    await createStore({ journal: { engine } })
      .cell<any>('a', { initial: {} })
      .compareAndSet(0, { at: new Date(5) })
    const store = createStore({ journal: { engine: reopened(engine) } })
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
