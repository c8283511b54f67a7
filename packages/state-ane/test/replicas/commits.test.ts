import { createStore, type Draft, PatchLog, type ReplicaCell, transactUnchecked } from '@genpool/state-ane'
import fc from 'fast-check'
import { Far } from './replica-store'
import { add, delays, quiet, replicaOf, setUp, type State } from './counting'

describe('a property with the name "__proto__"', () => {
  const evil = (): object => JSON.parse('{"__proto__":{"admin":true}}') as object
  const ways: Record<string, (replica: ReplicaCell<State>) => unknown> = {
    'a recipe': (replica) => replica.update((draft) => void ((draft.by as Record<string, unknown>)['a'] = [evil()])),
    'a returned state': (replica) => replica.compareAndSet(replica.version, { n: 1, by: { a: evil() as never } }),
    'a hold': async (replica) => {
      const hold = await replica.hold()
      try {
        await hold.update((draft) => void ((draft.by as Record<string, unknown>)['a'] = new Map([[1, evil()]])))
      } finally {
        hold.release()
      }
    },
  }
  it.each(Object.entries(ways))('is refused in %s: it would become a prototype where it arrives', async (_, commit) => {
    const { cell, far } = setUp(1, () => 0)
    far[0]!.session.update()
    await quiet()
    const replica = replicaOf(far[0])
    const refused = {
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('"__proto__" is not sent') as string,
    }
    await expect((async () => commit(replica))()).rejects.toMatchObject(refused)
    await replica.update((draft) => add(draft, 'next'))
    expect(cell.value).toEqual({ n: 1, by: { next: 1 } })
  })

  it('that the owner commits arrives as it is', async () => {
    const { cell, far } = setUp(1, () => 0)
    far[0]!.session.update()
    await quiet()
    await cell.update((draft) => void ((draft.by as Record<string, unknown>)['a'] = evil()))
    far[0]!.session.update()
    await quiet()
    const { a } = replicaOf(far[0]).value.by as unknown as { a: { admin?: boolean } }
    expect([Object.keys(a), a.admin]).toEqual([['__proto__'], undefined])
  })
})

describe('recipes through replicas', () => {
  it('all count, however many are under way at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.tuple(fc.nat(3), fc.nat(6)), { maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        async (count, most, steps, turnLength) => {
          const { cell, far } = setUp(count, delays(most + steps.length, most), { turnLength })
          const answers: unknown[] = []
          for (const [who, pause] of steps) {
            const one = replicaOf(far[who % count])
            answers.push(one.update((draft) => add(draft, `r${who % count}`)))
            for (let i = 0; i < pause; i++) await undefined
          }
          const left = (await Promise.all(answers)) as State[]
          expect(cell.value.n).toBe(steps.length)
          // Each has seen a state of its own: the one that its own commit has left.
          expect(left.map(({ n }) => n).sort((a, b) => a - b)).toEqual(steps.map((_, i) => i + 1))
          expect(cell.version).toBe(steps.length)
          await quiet()
          for (const one of far) {
            one.reach()
            expect(one.replica.value).toEqual(cell.value)
            expect(one.replica.version).toBe(cell.version)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('of one replica run on what those before have left, with one message each', async () => {
    const { cell, far } = setUp(1, () => 3)
    const one = replicaOf(far[0])
    const left = await Promise.all([1, 2, 3].map(() => one.update((draft) => add(draft, 'a'))))
    expect(left.map(({ n }) => n)).toEqual([1, 2, 3])
    expect(far[0]?.done).toEqual([1, 2, 3])
    expect(cell.version).toBe(3)
  })

  it('that are refused fail alone', async () => {
    const { cell, far } = setUp(2, () => 2, { validate: ({ n }) => n !== 3 })
    const one = replicaOf(far[0])
    const step = (by: number) =>
      Promise.resolve(one.update((draft) => void (draft.n += by))).then(
        ({ n }) => n,
        (error: { code: string }) => error.code,
      )
    // The third would be 3; the fourth starts from 2.
    expect(await Promise.all([step(1), step(1), step(1), step(2)])).toEqual([1, 2, 'ERR_GENPOOL_INVALID', 4])
    expect(cell.value.n).toBe(4)
  })

  it('that throw because of a change that came to nothing run again without it', async () => {
    const { far } = setUp(1, () => 2, { validate: ({ n }) => n !== 1 })
    const one = replicaOf(far[0])
    const refused = Promise.resolve(one.update((draft) => void (draft.n = 1)))
    const throws = one.update((draft) => {
      if (draft.n === 1) throw new Error('one')
      draft.n = 2
    })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect((await throws).n).toBe(2)
  })

  it('are not committed if the owner does not admit them', async () => {
    const cell = createStore().cell('state', { initial: 0 })
    const log = new PatchLog<number>(cell)
    const one = new Far(
      log as never,
      () => 1,
      (tag) => (tag === 2 ? new Error('too late') : undefined),
    )
    const replica = one.replica as ReplicaCell<number>
    const all = [1, 2, 3].map(() =>
      Promise.resolve(replica.update((n) => n + 1)).catch((error: Error) => error.message),
    )
    expect(await Promise.all(all)).toEqual([1, 'too late', 2])
    expect(cell.value).toBe(2)
  })
})

describe('a replica that commits', () => {
  it('has what was committed before a message was sent to it', async () => {
    const { cell, far } = setUp(2, () => 4)
    await replicaOf(far[0]).update((draft) => add(draft, 'a'))
    far[1]?.reach()
    expect(replicaOf(far[1]).value).toEqual(cell.value)
    cell.update((draft) => add(draft, 'owner'))
    far[1]?.reach()
    expect(replicaOf(far[1]).value.n).toBe(2)
  })

  it('that is always behind takes the cell in the end, so that it comes to an end', async () => {
    const { cell, far } = setUp(2, () => 3)
    let isDone = false
    const slow = Promise.resolve(replicaOf(far[0]).update((draft) => add(draft, 'slow'))).then(() => (isDone = true))
    for (let i = 0; i < 1000 && !isDone; i++) {
      // Another one commits in each turn, as soon as it may.
      if (!cell.held) cell.update((draft) => add(draft, 'quick'))
      await undefined
    }
    await slow
    expect(cell.value.by['slow']).toBe(1)
    expect(cell.value.by['quick']).toBeLessThan(100)
  })

  it('that dies gives the cell back, and leaves nothing of what was not committed', async () => {
    const { cell, far } = setUp(2, () => 2)
    await replicaOf(far[0]).hold()
    expect(cell.held).toBe(true)
    void replicaOf(far[0]).hold()
    const waits = Promise.resolve(replicaOf(far[1]).update((draft) => add(draft, 'b')))
    far[0]?.cut()
    expect((await waits).n).toBe(1)
    await quiet()
    expect(cell.held).toBe(false)
  })

  it('dies at any time, and the others go on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.nat(8), fc.boolean(), fc.boolean(), async (when, most, holds, rests) => {
        const { cell, far } = setUp(3, delays(when + most, most), { turnLength: rests ? 3 : undefined })
        const work = async (index: number): Promise<number> => {
          let done = 0
          for (let i = 0; i < 6; i++) {
            const replica = replicaOf(far[index])
            const exclusive = holds && i % 2 === 0
            await transactUnchecked(
              replica,
              {
                run: (state) =>
                  exclusive
                    ? { next: { n: state.n + 1, by: { ...state.by, [index]: (state.by[index] ?? 0) + 1 } } }
                    : { next: (draft: Draft<State>) => add(draft, String(index)) },
              },
              { mode: exclusive ? 'exclusive' : 'retry' },
            )
            done++
          }
          return done
        }
        const ends = [0, 1, 2].map(work)
        for (let i = 0; i < when; i++) await undefined
        far[0]?.cut()
        expect(await Promise.all(ends.slice(1))).toEqual([6, 6])
        await quiet()
        const { n, by } = cell.value
        expect(by).toMatchObject({ 1: 6, 2: 6 })
        expect(n).toBe(12 + (by['0'] ?? 0))
        expect(by['0'] ?? 0).toBe(far[0]?.done.length)
        expect(cell.held).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
