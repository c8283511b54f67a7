import { type CommitOptions, createStore, type Recipe, type Step, transact } from '@genpool/state-ane'
import { memoryEngine } from '../journal/memory-engine'

const add: Recipe<number> = (n) => n + 1
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function counter() {
  const engine = memoryEngine()
  const store = createStore({ initial: 0, journal: { engine } })
  await store.ready
  return { engine, cell: store.cell<number>('n') }
}

const many = <T>(make: (i: number) => T): T[] => Array.from({ length: 50 }, (_, i) => make(i))

describe('handlers whose commits wait for a journal', () => {
  it('overwrite in two writes, however many there are', async () => {
    const { engine, cell } = await counter()
    const left: number[] = []
    const overwrite: CommitOptions = { mode: 'overwrite' }
    const committed = (_: Step<number>, state: number): void => void left.push(state)
    await Promise.all(many((i) => transact(cell, { run: () => ({ next: i + 1 }), committed }, overwrite)))
    expect(cell.version).toBe(50)
    expect([...left].sort((a, b) => a - b)).toEqual(many((i) => i + 1))
    expect(cell.value).toBe(left.at(-1))
    expect(engine.log).toHaveLength(2)
  })

  it('form one group behind an exclusive one, which commits alone', async () => {
    const { engine, cell } = await counter()
    let open!: () => void
    const gate = new Promise<void>((resolve) => (open = resolve))
    const run = async (state: number): Promise<Step<number>> => gate.then(() => ({ next: state + 10 }))
    const exclusive = transact(cell, { run }, { mode: 'exclusive' })
    await quiet()
    expect(cell.held).toBe(true)
    const waiting = many(() => transact(cell, { run: () => ({ next: add }) }))
    await quiet()
    expect(cell.version).toBe(0)
    open()
    await Promise.all([exclusive, ...waiting])
    expect(cell).toMatchObject({ value: 60, version: 51, held: false })
    expect(engine.log).toHaveLength(2)
  })

  it('are asked once more after they have waited for the holder: a late one commits nothing', async () => {
    const { cell } = await counter()
    const hold = await cell.hold()
    const late = new Error('too late')
    let isLate = false
    const refused = transact(cell, { run: () => ({ next: add }), admit: () => (isLate ? late : undefined) })
    const state = transact(cell, { run: () => ({ next: 7 }), admit: () => (isLate ? late : undefined) })
    const other = transact(cell, { run: () => ({ next: add }) })
    await quiet()
    isLate = true
    hold.release()
    const outcomes = await Promise.allSettled([refused, state, other])
    expect(outcomes).toMatchObject([{ reason: late }, { reason: late }, { status: 'fulfilled' }])
    expect(cell).toMatchObject({ value: 1, version: 1 })
  })

  it('have their effects after the write, and none if it fails', async () => {
    const { engine, cell } = await counter()
    let fails = false
    engine.fail = () => (fails ? 'before' : undefined)
    const told: unknown[] = []
    const tell = () => ({
      run: () => ({ next: add }),
      committed: (_: Step<number>, state: number) => void told.push([state, engine.log.length]),
    })
    await Promise.all([1, 2, 3].map(() => transact(cell, tell())))
    expect(told).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ])
    fails = true
    const failed = await Promise.allSettled([transact(cell, tell()), transact(cell, tell())])
    for (const one of failed) expect(one).toMatchObject({ reason: { code: 'ERR_GENPOOL_NOT_COMMITTED' } })
    expect(told).toHaveLength(3)
  })

  it('lose no update when they return states and run again', async () => {
    const { cell } = await counter()
    let runs = 0
    await Promise.all(many(() => transact(cell, { run: (state: number) => (runs++, { next: state + 1 }) })))
    expect(cell).toMatchObject({ value: 50, version: 50 })
    expect(runs).toBeGreaterThan(50)
  })
})
