import { createStore, type AsyncStore, JournalError } from '@genpool/state-ane'
import { type MemoryEngine, memoryEngine, reopened } from './memory-engine'

const open = async (engine: MemoryEngine, snapshotEvery = 1000): Promise<AsyncStore> => {
  const store = createStore({
    initial: () => ({ n: 0, list: [] as number[] }),
    journal: { engine: reopened(engine), snapshotEvery },
  })
  await store.ready
  return store
}
interface Value {
  readonly n: number
  readonly list: readonly number[]
}
const add = async (store: AsyncStore, key: string): Promise<Value> =>
  store.cell<{ n: number; list: number[] }>(key).update((draft) => {
    draft.n += 1
    draft.list.push(draft.n)
  })

describe('a journal', () => {
  it('has values and versions again after a restart', async () => {
    const engine = memoryEngine()
    const before = await open(engine)
    for (const key of ['a', 'b', 'a']) await add(before, key)
    await before.cell('b').compareAndSet(1, { n: 9, list: [] })
    await before.transaction(['a', 'b'], (draft) => void (draft.a.n = draft.b.n++))
    const after = await open(engine)
    for (const key of ['a', 'b']) {
      expect(after.cell(key).value).toEqual(before.cell(key).value)
      expect(after.cell(key).version).toBe(before.cell(key).version)
    }
    expect(after.cell('a').value).toEqual({ n: 9, list: [1, 2] })
    expect(after.cell('c').version).toBe(0)
  })

  it('writes patches, and the whole value only the first time', async () => {
    const engine = memoryEngine()
    const store = await open(engine)
    await add(store, 'a')
    await add(store, 'a')
    expect(engine.log.map(({ data }) => data)).toEqual([
      { changes: [{ key: 'a', version: 1, patches: [{ op: 'replace', path: [], value: { n: 1, list: [1] } }] }] },
      {
        changes: [
          {
            key: 'a',
            version: 2,
            patches: [
              { op: 'add', path: ['list', 1], value: 2 },
              { op: 'replace', path: ['n'], value: 2 },
            ],
          },
        ],
      },
    ])
  })

  it('is read before the first commit, also if that came before it was read', async () => {
    const engine = memoryEngine()
    await add(await open(engine), 'a')
    const store = createStore({ journal: { engine: reopened(engine) } })
    const cell = store.cell('a', { initial: { n: 100, list: [] as number[] } })
    const stale = cell.compareAndSet(0, { n: 5, list: [] })
    const added = cell.update((draft) => void (draft.n += 1))
    expect(await stale).toBe(false)
    expect(await added).toEqual({ n: 2, list: [1] })
    expect(cell.version).toBe(2)
  })

  it('takes snapshots, and replays only what came after', async () => {
    const engine = memoryEngine()
    const store = await open(engine, 3)
    for (let i = 0; i < 10; i++) await add(store, 'a')
    await add(store, 'never asked for again')
    await Promise.resolve()
    expect(engine.snapshots.map(({ sequenceNumber }) => sequenceNumber)).toEqual([3, 6, 9])
    // Nothing before the snapshot is needed any more; what a snapshot overlaps with is not applied twice.
    engine.log.splice(0, 8)
    const again = await open(engine, 1)
    expect(again.cell('a')).toMatchObject({ value: { n: 10 }, version: 10 })
    await add(again, 'a')
    const third = await open({ ...engine, log: engine.log })
    expect(third.cell('never asked for again')).toMatchObject({ value: { n: 1 }, version: 1 })
    expect(third.cell('a').version).toBe(11)
  })

  it('misses no commit in a snapshot that is taken while others are written', async () => {
    const engine = memoryEngine()
    const store = await open(engine, 1)
    // Writes that end together, so that snapshots fall right between a write and its commit.
    const keys = ['a', 'b', 'c']
    for (let i = 0; i < 5; i++) await Promise.all(keys.map((key) => add(store, key)))
    for (let i = 0; i < 5; i++) await Promise.resolve()
    const again = await open(engine)
    expect(keys.map((key) => again.cell(key).version)).toEqual([5, 5, 5])
  })

  it('lets no failed snapshot touch a commit, and says so', async () => {
    const engine = memoryEngine()
    engine.takeSnapshot = () => Promise.reject(new Error('no room'))
    const errors: unknown[] = []
    const onSnapshotError = (error: unknown): void => void errors.push(error)
    const store = createStore({ initial: 0, journal: { engine, snapshotEvery: 2, onSnapshotError } })
    for (let i = 0; i < 4; i++) await store.cell<number>('a').update((n) => n + 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toEqual([new Error('no room'), new Error('no room')])
    expect(store.get('a')).toBe(4)
  })

  it('warns of a failed snapshot, if nobody is to be told, with a code and with what to do', async () => {
    const engine = memoryEngine()
    engine.takeSnapshot = () => Promise.reject(new Error('no room.'))
    const store = createStore({ initial: 0, journal: { engine, snapshotEvery: 2 } })
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (let i = 0; i < 2; i++) await store.cell<number>('a').update((n) => n + 1)
    await new Promise((resolve) => setImmediate(resolve))
    const calls = warn.mock.calls as unknown[]
    warn.mockRestore()
    expect(calls).toEqual([
      [
        expect.stringMatching(
          /^A snapshot of journal "store" failed: no room\. No commit is lost, and the next one is taken after 2 more commits;.*"journal\.onSnapshotError"\.$/,
        ),
        { type: 'GenPoolWarning', code: 'GENPOOL_JOURNAL' },
      ],
    ])
  })

  it.each(['before', 'after'] as const)(
    'rejects a commit whose write fails (%s the engine kept it) and leaves value and version',
    async (when) => {
      const engine = memoryEngine()
      const store = await open(engine)
      await add(store, 'a')
      const value = store.get('a')
      const told: number[] = []
      store.cell('a').watch((_, version) => void told.push(version))
      engine.fail = () => when
      await expect(add(store, 'a')).rejects.toThrow('the disk is full')
      const both = store.transaction(['a', 'b'], (draft) => void (draft.a.n = draft.b.n = 7))
      await expect(both).rejects.toThrow('the disk is full')
      expect(store.cell('a')).toMatchObject({ value, version: 1, held: false })
      expect(told).toEqual([])
      engine.fail = () => undefined
      await store.cell<Value>('a').compareAndSet(1, { n: 50, list: [] })
      expect(told).toEqual([2])
      // What the engine has kept of the refused ones counts for nothing.
      const again = await open(engine)
      expect(again.cell('a')).toMatchObject({ value: { n: 50, list: [] }, version: 2 })
      expect(again.cell('b').version).toBe(0)
    },
  )

  it('says that commits are missing, rather than starting from a state that never was', async () => {
    const engine = memoryEngine()
    const store = await open(engine)
    for (let i = 0; i < 3; i++) await add(store, 'a')
    engine.log.splice(1, 1)
    const broken = createStore({ initial: 0, journal: { engine: reopened(engine) } })
    await expect(broken.ready).rejects.toBeInstanceOf(JournalError)
    await expect(broken.cell<number>('a').update((n) => n + 1)).rejects.toThrow(
      /Record 3 of the journal "store".*gap: version 3 of cell "a" starts from version 2, and .* version 1/,
    )
    await expect(broken.transaction(['a'], () => undefined)).rejects.toBeInstanceOf(JournalError)
  })

  it('leaves out of a snapshot what is still being written, and applies nothing twice after it', async () => {
    const engine = memoryEngine()
    const store = await open(engine, 3)
    for (const key of ['a', 'b']) await add(store, key)
    let written!: () => void
    const slow = new Promise<void>((resolve) => (written = resolve))
    engine.wait = ({ sequenceNumber }) => (sequenceNumber === 3 ? slow : Promise.resolve())
    const late = add(store, 'a')
    for (let i = 0; i < 5; i++) await Promise.resolve()
    await add(store, 'b')
    await new Promise((resolve) => setImmediate(resolve))
    written()
    await late
    // The snapshot has the second commit of b, and must not say so of the third event, which was under way.
    expect(engine.snapshots.map(({ sequenceNumber }) => sequenceNumber)).toEqual([2])
    const again = await open(engine)
    for (const key of ['a', 'b']) expect(again.cell(key)).toMatchObject({ value: { n: 2, list: [1, 2] }, version: 2 })
  })

  it('gives a cell on only when the write of a hold that was given up is over', async () => {
    const engine = memoryEngine()
    const store = await open(engine)
    const cell = store.cell<{ n: number; list: number[] }>('a')
    const hold = await cell.hold()
    let written!: () => void
    const slow = new Promise<void>((resolve) => (written = resolve))
    engine.wait = ({ sequenceNumber }) => (sequenceNumber === 1 ? slow : Promise.resolve())
    const writing = hold.update((draft) => void (draft.n = 5))
    hold.release()
    const next = add(store, 'a')
    await new Promise((resolve) => setImmediate(resolve))
    expect(cell).toMatchObject({ version: 0, held: true })
    written()
    expect(await writing).toMatchObject({ n: 5 })
    expect(await next).toMatchObject({ n: 6 })
    await expect(hold.update((draft) => void (draft.n = 9))).rejects.toMatchObject({ reason: 'released' })
    expect((await open(engine)).cell('a')).toMatchObject({ value: { n: 6 }, version: 2 })
  })

  it('refuses an engine that is none', () => {
    expect(() => createStore({ journal: { engine: {} as never } })).toThrow(/a nact persistence engine/)
  })
})
