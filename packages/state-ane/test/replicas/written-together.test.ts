import { createStore, PatchLog } from '@genpool/state-ane'
import fc from 'fast-check'
import { memoryEngine } from '../journal/memory-engine'
import { add, delays, replicaOf, type State } from './counting'
import { Far } from './replica-store'

/** A counter whose commits an engine keeps, and so many replicas of it. */
async function setUp(count: number, delay: () => number, validate?: (state: State) => boolean) {
  const engine = memoryEngine()
  let writes = 0
  const { persist } = engine
  engine.persist = (event) => (writes++, persist(event))
  const store = createStore({ journal: { engine } })
  const cell = store.cell<State>('state', { initial: { n: 0, by: {} }, ...(validate && { validate }) })
  await store.ready
  const log = new PatchLog<State>(cell)
  const far = Array.from({ length: count }, () => new Far(log as never, delay))
  return { engine, cell, far, writes: () => writes }
}

const outcomeOf = (commit: unknown): Promise<number | string> =>
  Promise.resolve(commit as Promise<State>).then(
    ({ n }) => n,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

describe('commits of a replica to a store that writes', () => {
  it('are written together if they are under way at once, each on what the one before leads to', async () => {
    const { cell, far, writes } = await setUp(1, () => 2)
    const one = replicaOf(far[0])
    const left = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(one.update((draft) => add(draft, 'a')))))
    expect(left).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect([cell.value.n, cell.version]).toEqual([50, 50])
    expect(far[0]?.done).toHaveLength(50)
    expect(writes()).toBeLessThan(10)
  })

  it('are written together under a hold, too', async () => {
    const { cell, far, writes } = await setUp(1, () => 2)
    const one = replicaOf(far[0])
    const hold = await one.hold()
    const waiting = Array.from({ length: 50 }, () => outcomeOf(one.update((draft) => add(draft, 'a'))))
    hold.release()
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(cell.value.n).toBe(50)
    expect(writes()).toBeLessThan(10)
  })

  it('all fail with a write that fails, and none of them is made again: it may count', async () => {
    const { cell, far, engine } = await setUp(1, () => 2)
    const one = replicaOf(far[0])
    let runs = 0
    const commit = (): Promise<number | string> => outcomeOf(one.update((draft) => (runs++, add(draft, 'a'))))
    let fails = true
    engine.fail = () => (fails ? 'after' : undefined)
    const failed = await Promise.all([commit(), commit(), commit()])
    expect(failed).toEqual(Array.from({ length: 3 }, () => 'ERR_GENPOOL_NOT_COMMITTED'))
    expect(runs).toBe(3)
    expect(cell.value.n).toBe(0)
    fails = false
    expect(typeof (await commit())).toBe('number')
  })

  it('fail alone where one is refused, and those after it are made again without it', async () => {
    const { cell, far } = await setUp(
      1,
      () => 1,
      ({ n }) => n !== 3,
    )
    const one = replicaOf(far[0])
    const step = (by: number): Promise<number | string> => outcomeOf(one.update((draft) => void (draft.n += by)))
    expect(await Promise.all([step(1), step(1), step(1), step(2)])).toEqual([1, 2, 'ERR_GENPOOL_INVALID', 4])
    expect([cell.value.n, cell.version]).toEqual([4, 3])
  })

  it('count once each, whatever other replicas and the owner commit meanwhile', async () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.nat(8)), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 9 }),
        steps,
        async (count, most, order) => {
          const { cell, far } = await setUp(count, delays(most + order.length, most))
          const answers: Promise<number | string>[] = []
          for (const [who, pause] of order) {
            const writer = who === 3 ? cell : replicaOf(far[who % count])
            answers.push(outcomeOf(writer.update((draft) => add(draft as never, String(who)))))
            for (let i = 0; i < pause; i++) await undefined
          }
          const left = (await Promise.all(answers)) as number[]
          expect(left.sort((a, b) => a - b)).toEqual(order.map((_, i) => i + 1))
          expect([cell.value.n, cell.version]).toEqual([order.length, order.length])
        },
      ),
      { numRuns: 200 },
    )
  }, 60_000)
})
