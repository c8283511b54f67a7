import type { PersistedEvent } from 'nact'
import { type AsyncStore, createStore, NotCommittedError } from '@genpool/state-ane'
import { type MemoryEngine, memoryEngine, reopened } from '../journal/memory-engine'

interface Stock {
  readonly apples: number
}
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const take = (n: number) => (draft: { apples: number }) => void (draft.apples -= n)

/** A store with 10 apples, whose writes wait for `finish` while `slow` is set. */
async function shop(snapshotEvery = 1000) {
  const engine = memoryEngine()
  const waiting: (() => void)[] = []
  const state = { slow: false }
  engine.wait = () => (state.slow ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve())
  const store = createStore({
    initial: { apples: 10 },
    validate: ((value: Stock) => value.apples >= 0 || `${value.apples} apples`) as never,
    journal: { engine, snapshotEvery },
  })
  await store.ready
  const finish = async (): Promise<void> => {
    waiting.shift()?.()
    await quiet()
    await quiet()
  }
  return { engine, state, finish, store, cell: store.cell<Stock>('stock') }
}

const versions = (event: PersistedEvent | undefined): number[] =>
  (event?.data as { changes: { version: number }[] }).changes.map(({ version }) => version)

async function restarted(engine: MemoryEngine): Promise<AsyncStore> {
  const store = createStore({ initial: { apples: 10 }, journal: { engine: reopened(engine) } })
  await store.ready
  return store
}

describe('a property with the name "__proto__"', () => {
  const evil = (): { apples: number } => JSON.parse('{"apples":1,"__proto__":{"admin":true}}') as { apples: number }
  const ways: Record<string, (store: AsyncStore) => unknown> = {
    'a recipe': (store) => store.cell<{ list: unknown }>('stock').update((draft) => void (draft.list = [evil()])),
    'a returned value': (store) => store.cell('stock').update(() => evil() as never),
    compareAndSet: (store) => store.cell('stock').compareAndSet(store.cell('stock').version, { apples: 1, of: evil() }),
    'a transaction': (store) =>
      store.transaction(['stock'], (draft) => void (draft['stock'] = { apples: 1, of: evil() })),
  }
  it.each(Object.entries(ways))(
    'is refused in %s, alone: read again, it would become a prototype',
    async (_, commit) => {
      const { cell, engine, store } = await shop()
      const [refused, other] = await Promise.allSettled([(async () => commit(store))(), cell.update(take(1))])
      expect(refused).toMatchObject({
        reason: { code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('"__proto__"') as string },
      })
      expect(other).toMatchObject({ value: { apples: 9 } })
      expect((await restarted(engine)).cell('stock')).toMatchObject({ value: { apples: 9 }, version: 1 })
    },
  )
})

describe('commits of one cell that wait', () => {
  it('are written together, in order, and each is answered with what it left', async () => {
    const { engine, cell } = await shop()
    const answers = await Promise.all([1, 2, 3].map((n) => cell.update(take(n))))
    expect(answers).toEqual([{ apples: 9 }, { apples: 7 }, { apples: 4 }])
    expect(engine.log.map(versions)).toEqual([[3]])
    expect((await restarted(engine)).cell('stock')).toMatchObject({ value: { apples: 4 }, version: 3 })
  })

  it('form the next group while one is written; readers and watchers see a group when it is written', async () => {
    const { engine, state, finish, cell } = await shop()
    state.slow = true
    const told: unknown[] = []
    cell.watch((value, version) => void told.push([value.apples, version, cell.value.apples]))
    const first = cell.update(take(1))
    await quiet()
    const next = [2, 3].map((n) => cell.update(take(n)))
    await quiet()
    expect([cell.value, cell.version, cell.held, told]).toEqual([{ apples: 10 }, 0, false, []])
    await finish()
    expect(await first).toEqual({ apples: 9 })
    expect(told).toEqual([[9, 1, 9]])
    await finish()
    expect(await Promise.all(next)).toEqual([{ apples: 7 }, { apples: 4 }])
    // A watcher finds the value that it is told of, as if each commit had been written alone.
    expect(told.slice(1)).toEqual([
      [7, 2, 7],
      [4, 3, 4],
    ])
    expect(engine.log.map(versions)).toEqual([[1], [3]])
    expect(cell.patchesSince(2)).toEqual([{ op: 'replace', path: ['apples'], value: 4 }])
  })

  it('fail alone if a recipe throws or a validator refuses, with what the commits before have left in mind', async () => {
    const { engine, cell } = await shop()
    const boom = new Error('boom')
    const answers = await Promise.allSettled([
      cell.update(take(6)),
      cell.update((draft) => {
        draft.apples = 0
        throw boom
      }),
      cell.update(take(5)),
      cell.update(take(4)),
      cell.update(() => undefined),
    ])
    expect(answers).toMatchObject([
      { value: { apples: 4 } },
      { reason: boom },
      { reason: { code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('-1 apples') } },
      { value: { apples: 0 } },
      { value: { apples: 0 } },
    ])
    expect(engine.log.map(versions)).toEqual([[2]])
  })

  it('compare with what the commits before have left', async () => {
    const { cell } = await shop()
    const set = (version: number, apples: number): Promise<boolean> => cell.compareAndSet(version, { apples }) as never
    expect(await Promise.all([set(0, 1), set(0, 2), set(1, 3), cell.update(take(1)), set(2, 5), set(3, 4)])).toEqual([
      true,
      false,
      true,
      { apples: 2 },
      false,
      true,
    ])
    expect(cell).toMatchObject({ value: { apples: 4 }, version: 4 })
  })

  it('all fail if the write fails, and nothing has changed; the next ones are as if they had never been', async () => {
    const { engine, cell } = await shop()
    const told: number[] = []
    cell.watch((_, version) => void told.push(version))
    let failures = 1
    engine.fail = () => (failures-- > 0 ? 'after' : undefined)
    const answers = await Promise.allSettled([
      cell.compareAndSet(5, { apples: 0 }),
      cell.update(take(6)),
      cell.update(take(6)),
      cell.compareAndSet(0, { apples: 1 }),
    ])
    const refused = {
      reason: { code: 'ERR_GENPOOL_NOT_COMMITTED', keys: ['stock'], commits: 1, mayBeCommitted: false },
    }
    // The first has seen no change of the others, so its answer stands. The last two were refused because of a change that never was.
    expect(answers).toMatchObject([{ value: false }, refused, refused, refused])
    expect((answers[1] as PromiseRejectedResult).reason.message).toBe(
      'A commit to cell "stock" failed, because the write of it failed: the disk is full. It was not committed: values and ' +
        'versions are what they were, and stay so after a restart. Retrying it is safe.',
    )
    expect([cell.value, cell.version, told]).toEqual([{ apples: 10 }, 0, []])
    // Also after a crash right now, though the engine has kept what it said it had not.
    expect((await restarted(engine)).cell('stock')).toMatchObject({ value: { apples: 10 }, version: 0 })
    expect(await cell.update(take(1))).toEqual({ apples: 9 })
    expect((await restarted(engine)).cell('stock')).toMatchObject({ value: { apples: 9 }, version: 1 })
  })

  it('say so if nobody can know whether they were written', async () => {
    const { engine, cell } = await shop()
    let writes = 0
    // The disk keeps the commits, says that it has not, and then does not take the note that they do not count.
    engine.fail = () => (writes++ === 0 ? 'after' : 'before')
    const [first, second] = await Promise.allSettled([cell.update(take(1)), cell.update(take(2))])
    for (const { reason } of [first, second] as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(NotCommittedError)
      expect(reason).toMatchObject({ mayBeCommitted: true, commits: 2, cause: new Error('the disk is full') })
      expect(reason.message).toMatch(/2 commits together failed.*It is not known whether the storage has kept it/)
    }
    expect(cell).toMatchObject({ value: { apples: 10 }, version: 0 })
    expect((await restarted(engine)).cell('stock').version).toBe(2)
  })

  it('let a holder in between, in order', async () => {
    const { state, finish, engine, cell } = await shop()
    state.slow = true
    const first = cell.update(take(1))
    await quiet()
    const hold = cell.hold()
    const later = [cell.update(take(2)), cell.update(take(2))]
    await finish()
    expect(await first).toEqual({ apples: 9 })
    const mine = await hold
    expect([cell.held, cell.version]).toEqual([true, 1])
    const both = [mine.update(take(1)), mine.compareAndSet(2, { apples: 20 })]
    mine.release()
    await expect(mine.update(take(1))).rejects.toMatchObject({ reason: 'released' })
    await finish()
    expect(await Promise.all(both)).toEqual([{ apples: 8 }, true])
    await finish()
    expect(await Promise.all(later)).toEqual([{ apples: 18 }, { apples: 16 }])
    expect(engine.log.map(versions)).toEqual([[1], [3], [5]])
    expect(cell.held).toBe(false)
  })
})

describe('transactions that wait', () => {
  it('on the same cells are written together, and one that throws fails alone', async () => {
    const { engine, store } = await shop()
    const move = (n: number) =>
      store.transaction(['a', 'b'], (draft) => {
        draft.a.apples -= n
        draft.b.apples += n
      })
    const answers = await Promise.allSettled([move(4), move(7), move(5), store.cell<Stock>('a').update(take(1))])
    expect(answers).toMatchObject([
      { value: { a: { apples: 6 }, b: { apples: 14 } } },
      { reason: { code: 'ERR_GENPOOL_INVALID' } },
      { value: { a: { apples: 1 }, b: { apples: 19 } } },
      { value: { apples: 0 } },
    ])
    expect(engine.log.map(versions)).toEqual([[2, 2], [3]])
    const again = await restarted(engine)
    expect([again.get('a'), again.get('b')]).toEqual([{ apples: 0 }, { apples: 19 }])
  })

  it('show no watcher one cell without the other', async () => {
    const { store } = await shop()
    const sums: number[] = []
    const sum = (): number => store.get<Stock>('a').apples + store.get<Stock>('b').apples
    for (const key of ['a', 'b']) store.cell(key).watch(() => void sums.push(sum()))
    const one = () =>
      store.transaction(['a', 'b'], (draft) => void ((draft.b.apples += draft.a.apples--), draft.a.apples))
    await Promise.all([one(), one()])
    expect(sums).toHaveLength(4)
    expect(new Set([sums[0], sums[2]]).size).toBe(2)
    expect([sums[0], sums[2]]).toEqual([sums[1], sums[3]])
  })
})

describe('a store that is destroyed while commits wait', () => {
  it('refuses them at once, and says which may be committed all the same', async () => {
    const { engine, state, finish, store, cell } = await shop(1)
    await cell.update(take(1))
    await quiet()
    state.slow = true
    const written = cell.update(take(1))
    await quiet()
    const waiting = [cell.update(take(1)), store.transaction(['stock', 'b'], () => undefined), cell.hold()]
    await quiet()
    store.destroy()
    await expect(written).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    for (const refused of waiting)
      await expect(refused).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
    await finish()
    // No snapshot of a store that knows no values any more has replaced the commits.
    expect(engine.snapshots).toHaveLength(1)
    expect((await restarted(engine)).cell('stock')).toMatchObject({ value: { apples: 8 }, version: 2 })
  })

  it('acknowledges what is written when a watcher destroys it', async () => {
    const { engine, store, cell } = await shop(1)
    cell.watch(() => store.destroy())
    const answers = await Promise.allSettled([cell.update(take(1)), cell.update(take(1))])
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason.started).toBe(true)
    expect((await restarted(engine)).cell('stock')).toMatchObject({ value: { apples: 8 }, version: 2 })
  })
})

describe('snapshots', () => {
  it('count the commits of a group', async () => {
    const { engine, cell } = await shop(5)
    await Promise.all(Array.from({ length: 4 }, () => cell.update(take(1))))
    expect(engine.snapshots).toHaveLength(0)
    await cell.update(take(1))
    await quiet()
    expect(engine.snapshots).toHaveLength(1)
  })
})
