import { createStore, fileEngine } from '@genpool/state-ane'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryEngine } from './memory-engine'
import { type Note, opened } from './note'

describe('a value that cannot be written', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-unwritten-'))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('fails alone, whatever is written with it: of its own cell, of others, and of nact', async () => {
    const engine = fileEngine(directory)
    const store = createStore({ initial: { n: 0 }, journal: { engine } })
    await store.ready
    const add = (key: string): unknown =>
      store.cell<Note>(key).update((draft) => void (draft['n'] = Number(draft['n']) + 1))
    const event = { key: 'store', tags: [], createdAt: 0, isDeleted: false }
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 100 }, (_, i) => add(i % 2 === 0 ? 'a' : `other-${i}`)),
      store.cell<Note>('a').update((draft) => void (draft['bad'] = { on: new WeakMap() })),
      engine.persist({ ...event, key: 'actor', sequenceNumber: 1, data: new WeakMap() }),
      ...Array.from({ length: 100 }, (_, i) => add(i % 2 === 0 ? 'a' : `other-${i}`)),
      store.transaction(['b', 'c'], (draft) => void (draft['b'].bad = new WeakMap())),
      store.transaction(['b', 'c'], (draft) => void draft['c'].n++),
      store.cell<Note>('first').update(() => ({ whole: new WeakMap() })),
    ])
    const refused = outcomes.flatMap((one, i) => (one.status === 'rejected' ? [[i, one.reason as Error] as const] : []))
    expect(refused).toMatchObject([
      [100, { code: 'ERR_GENPOOL_INVALID', faults: [{ path: ['bad', 'on'] }] }],
      [101, { message: expect.stringMatching('could not be cloned') as string }],
      [202, { code: 'ERR_GENPOOL_INVALID', faults: [{ path: ['bad'] }] }],
      [204, { code: 'ERR_GENPOOL_INVALID', faults: [{ path: ['whole'] }] }],
    ])
    await engine.close()
    const again = fileEngine(directory)
    const after = createStore({ initial: { n: 0 }, journal: { engine: again } })
    await after.ready
    expect(['a', 'other-1', 'b', 'c', 'first'].map((key) => after.get(key))).toEqual([
      { n: 100 },
      { n: 2 },
      { n: 0 },
      { n: 1 },
      { n: 0 },
    ])
    await again.close()
  })

  it('is found out also if each of a group has one, and if the disk fails then', async () => {
    const engine = memoryEngine()
    const store = await opened(engine, { n: 0 })
    const cell = store.cell<Note>('note')
    const put = (): unknown => cell.update((draft) => void (draft['bad'] = new WeakMap()))
    const add = (): unknown => cell.update((draft) => void (draft['n'] = Number(draft['n']) + 1))
    const all = await Promise.allSettled(Array.from({ length: 200 }, put))
    expect(
      all.filter((one) => (one as { reason?: { code: string } }).reason?.code === 'ERR_GENPOOL_INVALID'),
    ).toHaveLength(200)
    let writes = 0
    engine.fail = ({ data }) =>
      (data as { changes: unknown[] }).changes.length > 0 && writes++ > 0 ? 'before' : undefined
    const [bad, good] = await Promise.allSettled([put(), add()])
    expect(bad).toMatchObject({ reason: { code: 'ERR_GENPOOL_INVALID' } })
    expect(good).toMatchObject({ reason: { code: 'ERR_GENPOOL_NOT_COMMITTED', mayBeCommitted: false } })
    expect(cell).toMatchObject({ value: { n: 0 }, version: 0 })
  })

  it('in what a cell starts with is named by each commit, until one takes it out', async () => {
    const store = await opened(memoryEngine(), { on: new WeakMap(), n: 0 })
    const cell = store.cell<Note>('note')
    const refused = { code: 'ERR_GENPOOL_INVALID', faults: [{ path: ['on'] }] }
    await expect(cell.update((draft) => void (draft['n'] = 1))).rejects.toMatchObject(refused)
    await cell.update((draft) => void delete draft['on'])
    expect(await cell.update((draft) => void (draft['n'] = 1))).toEqual({ n: 1 })
  })
})
