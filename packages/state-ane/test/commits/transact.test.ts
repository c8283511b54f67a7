import { transact } from '@genpool/state-ane'
import type { Attempt } from '@genpool/state-ane'
import { add, counter, type Counter, gate, type Run, slowly } from './counter'

describe('transact', () => {
  it('is synchronous when the handler and the store are', () => {
    const cell = counter()
    const step = transact(cell, { run: (state) => ({ next: { count: state.count + 1 }, reply: 'yes' }) })
    expect(step).toMatchObject({ reply: 'yes' })
    expect(cell.value).toEqual({ count: 1 })
    transact(cell, { run: () => ({ next: add }) })
    expect(cell).toMatchObject({ value: { count: 2 }, version: 2 })
  })

  it('commits nothing when the step has no next state', () => {
    const cell = counter()
    const seen: Counter[] = []
    transact(cell, { run: () => ({}), committed: (_, state) => void seen.push(state) })
    expect(cell.version).toBe(0)
    expect(seen).toEqual([{ count: 0 }])
  })

  it('runs a handler again when another commit came in between', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const attempts: Attempt[] = []
    const first = transact(cell, { run: slowly(passed, attempts) })
    cell.update(add)
    open()
    await first
    expect(cell.value).toEqual({ count: 2 })
    expect(attempts.map(({ number }) => number)).toEqual([1, 2])
  })

  it('loses no update of many concurrent handlers, and ends each of them', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const all = Array.from({ length: 50 }, () => transact(cell, { run: slowly(passed) }))
    open()
    await Promise.all(all)
    expect(cell.value).toEqual({ count: 50 })
  })

  it('runs for the last time holding the cell, so that it ends under constant contention', async () => {
    const cell = counter()
    const attempts: Attempt[] = []
    await transact(
      cell,
      {
        run: async (state, attempt) => {
          attempts.push(attempt)
          if (!cell.held) cell.update(add)
          return Promise.resolve({ next: { count: state.count + 10 } })
        },
      },
      { retries: 2 },
    )
    expect(attempts).toEqual([
      { number: 1, exclusive: false },
      { number: 2, exclusive: false },
      { number: 3, exclusive: false },
      { number: 4, exclusive: true },
    ])
    expect(cell.value).toEqual({ count: 13 })
    expect(cell.held).toBe(false)
  })

  it('runs recipes on the latest value and never again', async () => {
    const cell = counter()
    const { open, passed } = gate()
    let runs = 0
    const run: Run = async () => {
      runs += 1
      await passed
      return { next: add }
    }
    const both = [transact(cell, { run }), transact(cell, { run })]
    cell.update(add)
    open()
    await Promise.all(both)
    expect(cell.value).toEqual({ count: 3 })
    expect(runs).toBe(2)
  })

  it('calls committed once, with the state that the commit left', async () => {
    const cell = counter()
    cell.watch(() => void (cell.value.count < 3 && cell.update(add)))
    const states: Counter[] = []
    transact(cell, { run: () => ({ next: add }), committed: (_, state) => void states.push(state) })
    expect(states).toEqual([{ count: 1 }])
    expect(cell.value).toEqual({ count: 3 })
  })
})
