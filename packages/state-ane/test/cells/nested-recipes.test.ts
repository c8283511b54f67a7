import { createStore } from '@genpool/state-ane'
import { memoryEngine } from '../journal/memory-engine'

/* eslint-disable @typescript-eslint/no-explicit-any -- states of many shapes */
class Box {
  constructor(readonly content: unknown) {}
}
const initial = () => ({ m: { x: 1 }, list: [{ a: 1 }], map: new Map([['k', { y: 1 }]]), set: new Set([1]) })

/** Two cells of stores in memory, with a watcher or without one. */
const cells = (isWatched: boolean) =>
  ['outer', 'inner'].map((key) => {
    const cell = createStore().cell<any>(key, { initial: initial() })
    if (isWatched) cell.watch(() => undefined)
    return cell
  }) as [any, any]

describe.each([false, true])('a recipe within another one (watched: %s)', (isWatched) => {
  const places: [string, string, (draft: any, outer: any) => unknown][] = [
    ['in a property', 'y', (draft, outer) => void (draft.y = outer.m)],
    ['that was changed', 'y', (draft, outer) => void ((outer.m.x = 4), (draft.y = outer.m))],
    ['in a new list', 'y.0', (draft, outer) => void (draft.y = [outer.m])],
    ['pushed', 'list.1', (draft, outer) => void draft.list.push(outer.list)],
    ['in a map', 'map.z', (draft, outer) => void draft.map.set('z', outer.m)],
    ['in a new set', 'y.0', (draft, outer) => void (draft.y = new Set([outer.m]))],
    ['in what is frozen', 'y.0', (draft, outer) => void (draft.y = Object.freeze([outer.m]))],
    ['that is a key', 'map.a key', (draft, outer) => void draft.map.set(outer.m, 1)],
    ['that is a map', 'y', (draft, outer) => void (draft.y = outer.map)],
    ['in what it returns', 'z', (_draft, outer) => ({ z: outer.m })],
    ['returned', 'the whole value', (_draft, outer) => outer.m],
  ]
  it.each(places)('cannot commit a part of the outer draft %s', (_, path, place) => {
    const [outer, inner] = cells(isWatched)
    const before = inner.value
    outer.update((draft: any) => {
      let error: any
      try {
        inner.update((of: any) => place(of, draft))
      } catch (thrown) {
        error = thrown
      }
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      expect(error.message).toContain(`at ${path}: a part of the draft of another recipe, which still runs`)
      expect(error.message).toContain('current(draft)')
      // The outer recipe goes on, with a draft that works.
      draft.m.x = 9
      draft.list.push({ keys: [...Object.keys(draft.m), ...Object.keys(draft.list)] })
    })
    expect(inner.value).toBe(before)
    expect(outer.value).toMatchObject({ m: { x: 9 }, list: [{ a: 1 }, { keys: ['x', '0'] }] })
  })

  it('cannot commit one in an instance of a class', () => {
    const [outer, inner] = cells(isWatched)
    outer.update((draft: any) => {
      const nested = (of: any): void => void (of.y = new Box(draft.m))
      expect(() => inner.update(nested)).toThrow(/at y.content: a part of the draft is in an instance of "Box"/)
      draft.m.x = 9
    })
    expect([outer.value.m, inner.version]).toEqual([{ x: 9 }, 0])
  })

  it('cannot set it, or make a cell of it, either', () => {
    const [outer, inner] = cells(isWatched)
    outer.update((draft: any) => {
      const refused = /at z: a part of the draft of another recipe/
      expect(() => inner.compareAndSet(0, { z: draft.m })).toThrow(refused)
      expect(() => createStore().cell('new', { initial: { z: draft.m } })).toThrow(refused)
      draft.m.x++
    })
    expect([outer.value.m, inner.version]).toEqual([{ x: 2 }, 0])
  })

  it('commits what is no draft, and may change the outer one', () => {
    const [outer, inner] = cells(isWatched)
    outer.update((draft: any) => {
      inner.update((of: any) => {
        of.m = { x: draft.m.x + 1 }
        draft.m.x = 7
      })
      draft.y = inner.value.m
    })
    expect(outer.value).toMatchObject({ m: { x: 7 }, y: { x: 2 } })
    expect(inner.value).toMatchObject({ m: { x: 2 } })
  })
})

describe('a recipe within another one, of a store that writes late', () => {
  it('cannot commit a part of the outer draft', async () => {
    const store = createStore({ journal: { engine: memoryEngine() } })
    const inner = store.cell<any>('inner', { initial: initial() })
    const [outer] = cells(false)
    let done: Promise<unknown> | undefined
    outer.update((draft: any) => {
      done = Promise.resolve(inner.update((of: any) => void (of.y = draft.m))).catch((error: unknown) => error)
      draft.m.x++
    })
    expect(await done).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect([outer.value.m, inner.version]).toEqual([{ x: 2 }, 0])
  })
})
