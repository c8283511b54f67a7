import fc from 'fast-check'
import { type Broker, createBroker } from '../../src'
import { RUNS } from '../laws/runs'
import { type Party, party } from './party'

function drain(broker: Broker<Party, Party>): string[] {
  const served: string[] = []
  for (let next = broker.take(0); next !== null; next = broker.take(0)) served.push(next.name)
  return served
}

describe('priorities', () => {
  it('serve the most urgent first, and equal ones in order', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const parties = [party('a'), party('b', 0, { priority: 2 }), party('c', 0, { priority: -1 }), party('d')]
    for (const each of parties) broker.ask(each, 0)
    broker.ask(party('e', 0, { priority: 2 }), 0)
    expect(drain(broker)).toEqual(['b', 'e', 'a', 'd', 'c'])
  })

  it('drop the least urgent when the queue is full, with that reason', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'drop', max: 2 } }, 0)
    broker.ask(party('low', 0, { priority: -1 }), 0)
    broker.ask(party('normal'), 0)
    broker.ask(party('urgent', 0, { priority: 1 }), 0)
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['low', 'priority']])
    broker.ask(party('late'), 0)
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['late', 'max']])
    expect(drain(broker)).toEqual(['urgent', 'normal'])
  })

  it('drop the oldest of the least urgent with dropFrom head', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'drop', max: 2, dropFrom: 'head' } }, 0)
    for (const name of ['a', 'b']) broker.ask(party(name, 0, { priority: 1 }), 0)
    broker.ask(party('c', 0, { priority: 1 }), 0)
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['a', 'max']])
    expect(drain(broker)).toEqual(['b', 'c'])
  })

  it('share one bound, and keep the most urgent', () => {
    const priorities = fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 40 })
    fc.assert(
      fc.property(priorities, fc.integer({ min: 1, max: 6 }), (all, max) => {
        const broker = createBroker<Party, Party>({ client: { type: 'drop', max } }, 0)
        const expected: { name: string; priority: number }[] = []
        all.forEach((priority, index) => {
          broker.ask(party(`${index}`, 0, { priority }), 0)
          expected.push({ name: `${index}`, priority })
          if (expected.length <= max) return
          // The model: of the least urgent, the one that came last has to go.
          const least = Math.min(...expected.map((each) => each.priority))
          expected.splice(
            expected.findLastIndex((each) => each.priority === least),
            1,
          )
        })
        expected.sort((a, b) => b.priority - a.priority)
        expect(broker.length).toBe(expected.length)
        expect(drain(broker)).toEqual(expected.map((each) => each.name))
      }),
      { numRuns: RUNS },
    )
  })

  it('may change while a request waits, which keeps its tag', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const [raised, tagged] = [party('raised', 0, { tag: 't' }), party('tagged', 0, { tag: 't', priority: 3 })]
    for (const each of [party('first'), raised, tagged, party('last', 0, { priority: 1 })]) broker.ask(each, 0)
    expect(broker.move(raised, 2, 0)).toBe(true)
    expect(broker.take(0)).toBe(tagged)
    expect(broker.cancel('t', 0)).toBe(1)
    expect(drain(broker)).toEqual(['last', 'first'])
  })

  it('drop by age within each priority', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'timeout', timeout: 10 } }, 0)
    broker.ask(party('a'), 0)
    broker.ask(party('b', 5, { priority: 3 }), 5_000_000)
    expect(broker.decision.wakeAt).toBe(10_000_000)
    broker.timeout(10_000_000)
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['a', 'timeout']])
    expect(broker.decision.wakeAt).toBe(15_000_000)
  })
})
