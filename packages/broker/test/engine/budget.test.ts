import fc from 'fast-check'
import { createBroker } from '../../src'
import { Budget } from '../../src/engine/budget'
import { Quantile } from '../../src/engine/quantile'
import { RUNS } from '../laws/runs'
import { MS, type Party, party } from './party'

const inOrder = { client: { type: 'drop', order: 'fifo' } } as const

const allowance = (sentAt: number, deadline: number) => ({ sentAt: sentAt * MS, deadline: deadline * MS })

describe('deadlines', () => {
  it('are checked when a request and when a member arrives, and the drop says how long it waited', () => {
    const broker = createBroker<Party, Party>({}, 0)
    expect(broker.ask(party('late', 0, { deadline: 5 * MS }), 5 * MS)).toBeNull()
    expect(broker.decision.dropped[0]).toMatchObject({ reason: 'expired', sojourn: 5 * MS, waiting: 0 })
    broker.ask(party('a', 5, { deadline: 10 * MS }), 5 * MS)
    broker.ask(party('b', 5, { deadline: 20 * MS }), 5 * MS)
    expect(broker.askR(party('m'), 15 * MS)?.name).toBe('b')
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['a', 'expired']])
  })

  it('apply to members, too', () => {
    const broker = createBroker<Party, Party>({ member: { type: 'drop', order: 'fifo' } }, 0)
    broker.askR(party('gone', 0, { deadline: 10 * MS }), 0)
    broker.askR(party('here'), 0)
    expect(broker.ask(party('request'), 10 * MS)?.name).toBe('here')
    expect(broker.decision.droppedR.map(({ entry, reason }) => [entry.name, reason])).toEqual([['gone', 'expired']])
  })
})

describe('the budget', () => {
  it('drops requests that cannot finish in time, in favour of those that can', () => {
    const broker = createBroker<Party, Party>(inOrder, 0)
    for (let i = 0; i < 100; i++) broker.finished(10 * MS, 0)
    broker.ask(party('hopeless', 0, { deadline: 104 * MS }), 0)
    broker.ask(party('fine', 0, { deadline: 200 * MS }), 0)
    expect(broker.askR(party('m'), 100 * MS)?.name).toBe('fine')
    expect(broker.decision.dropped).toMatchObject([{ reason: 'budget', sojourn: 100 * MS, waiting: 1 }])
  })

  it('starts a risky request when no other request needs the member', () => {
    const budget = new Budget()
    for (let i = 0; i < 300; i++) budget.finished((i % 10 === 0 ? 100 : 10) * MS)
    expect(budget.refusal(allowance(0, 1000), true, 950 * MS)).toBe('budget')
    expect(budget.refusal(allowance(0, 1000), false, 950 * MS)).toBeNull()
    expect(budget.refusal(allowance(0, 1000), false, 999 * MS)).toBe('budget')
    expect(budget.refusal(allowance(0, 1000), false, 1000 * MS)).toBe('expired')
  })

  it('requires twice the time of a long run', () => {
    const budget = new Budget()
    for (let i = 0; i < 100; i++) budget.finished(10 * MS)
    expect(budget.refusal(allowance(0, 1000), true, 979 * MS)).toBeNull()
    expect(budget.refusal(allowance(0, 1000), true, 981 * MS)).toBe('budget')
    expect(budget.refusal(allowance(0, 1000), false, 981 * MS)).toBeNull()
  })

  it('keeps a request with half of its time left, unless no run is that short', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e10 }), { maxLength: 50 }), fc.nat(1e9), (runs, left) => {
        const budget = new Budget()
        for (const run of runs) budget.finished(run)
        const refusal = budget.refusal({ sentAt: 0, deadline: 2 * left + 1 }, true, left)
        expect(refusal === null || left < Math.max(...runs) * 2).toBe(true)
        const shortest = Math.min(...runs)
        if (runs.length > 0 && left + 1 > Math.max(...runs) * 2) expect(refusal).toBeNull()
        if (runs.every((run) => run === shortest) && left > 2 * shortest) expect(refusal).toBeNull()
      }),
      { numRuns: RUNS },
    )
  })

  it('starts every request before its deadline when it is off', () => {
    const broker = createBroker<Party, Party>({ ...inOrder, budget: false }, 0)
    for (let i = 0; i < 100; i++) broker.finished(10 * MS, 0)
    broker.ask(party('tight', 0, { deadline: 101 * MS }), 0)
    broker.ask(party('fine', 0, { deadline: 200 * MS }), 0)
    expect(broker.askR(party('m'), 100 * MS)?.name).toBe('tight')
  })

  it('adapts to new run times within a few dozen runs', () => {
    const budget = new Budget()
    for (let i = 0; i < 1000; i++) budget.finished(1 * MS)
    for (let i = 0; i < 40; i++) budget.finished(10 * MS)
    expect(budget.refusal(allowance(0, 100), true, 91 * MS)).toBe('budget')
  })
})

describe('the estimate of a quantile', () => {
  it('settles where the given share of values is below it', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => 1 + ((i * 7919) % 1000))
    for (const p of [0.05, 0.5, 0.95]) {
      const quantile = new Quantile(p)
      let below = 0
      for (const value of values) {
        if (value <= quantile.value) below++
        quantile.add(value)
      }
      expect(Math.abs(below / values.length - p)).toBeLessThan(0.02)
    }
  })
})
