import { createStore, type Store } from '@genpool/state-ane'
import { findCounterexample, type History, type Logs, serialOrder, slowStore } from '@genpool/state-ane/testing'

/** A store as people write it first: it looks at the version only to raise it. */
function lossyStore(): Store {
  const store = createStore()
  const make = store.cell.bind(store)
  store.cell = ((key, options) => {
    const cell = make(key, options)
    const set = cell.compareAndSet.bind(cell)
    cell.compareAndSet = (_version, next) => set(cell.version, next)
    return cell
  }) as typeof store.cell
  return store
}

/** `GENPOOL_LAW_RUNS` asks for more. */
const HISTORIES = Number(process.env['GENPOOL_LAW_RUNS'] ?? 3000)

describe('random concurrent histories', () => {
  it('each have a serial order in the embedded store', async () => {
    const found = await findCounterexample((options) => createStore(options), { histories: HISTORIES, seed: 4 })
    expect(found?.text).toBeUndefined()
  }, 60_000)

  it('each have one in plain mode', async () => {
    const found = await findCounterexample((options) => createStore({ ...options, mode: 'plain' }), { seed: 5 })
    expect(found?.text).toBeUndefined()
  }, 60_000)

  it('each have one in a slow asynchronous store', async () => {
    const found = await findCounterexample(slowStore, { histories: HISTORIES / 3, seed: 6 })
    expect(found?.text).toBeUndefined()
  }, 60_000)

  it('show a store that does not check versions, and the counterexample is short', async () => {
    const found = await findCounterexample(lossyStore, { histories: 1000, seed: 7 })
    expect(found?.history.fault).toBeUndefined()
    expect(found?.text).toMatch(/No serial order explains this history/)
    expect(found?.plan.clients.flat().length).toBeLessThanOrEqual(3)
  }, 60_000)

  it('are the same for the same seed', async () => {
    const texts = [1, 2].map(async () => (await findCounterexample(lossyStore, { seed: 9 }))?.text)
    const [first, second] = await Promise.all(texts)
    expect(first).toBe(second)
  }, 60_000)
})

describe('serialOrder', () => {
  const entry = { client: 0, kind: 'update' as const, left: {}, saw: {}, committed: true }
  const history = (entries: Partial<History['entries'][number]>[], final: Logs): History => ({
    entries: entries.map((one, i) => ({
      ...entry,
      letter: String.fromCharCode(97 + i),
      writes: ['x'],
      begun: 2 * i,
      ended: 2 * i + 1,
      ...one,
    })),
    final,
  })
  const letters = (found: History, order: 'real-time' | 'per client' = 'real-time'): string | undefined =>
    serialOrder(found, order)
      ?.map(({ letter }) => letter)
      .join('')

  it('finds the one order that explains what was seen', () => {
    const concurrent = [
      { begun: 0, ended: 9, saw: { x: 'b' }, left: { x: 'ba' } },
      { begun: 0, ended: 9, left: { x: 'b' } },
    ]
    expect(letters(history(concurrent, { x: 'ba' }))).toBe('ba')
  })

  it('finds none for a lost update', () => {
    const lost = [
      { begun: 0, ended: 9, saw: { x: '' }, left: { x: 'a' } },
      { begun: 0, ended: 9, saw: { x: '' }, left: { x: 'b' } },
    ]
    expect(letters(history(lost, { x: 'b' }))).toBeUndefined()
  })

  it('finds none for an operation that failed and yet had an effect', () => {
    expect(letters(history([{ committed: false }], { x: 'a' }))).toBeUndefined()
    expect(letters(history([{ committed: false }], { x: '' }))).toBe('')
  })

  it('finds none for half of a transaction', () => {
    expect(letters(history([{ writes: ['x', 'y'] }], { x: 'a', y: '' }))).toBeUndefined()
  })

  it('finds none for a read that is too old, unless only the order of each client counts', () => {
    const stale = [{}, { client: 1, writes: [], saw: { x: '' } }]
    expect(letters(history(stale, { x: 'a' }))).toBeUndefined()
    expect(letters(history(stale, { x: 'a' }), 'per client')).toBe('ba')
    const own = [{}, { writes: [], saw: { x: '' } }]
    expect(letters(history(own, { x: 'a' }), 'per client')).toBeUndefined()
  })
})
