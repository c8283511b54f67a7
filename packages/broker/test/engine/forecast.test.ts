import fc from 'fast-check'
import { type Broker, createBroker } from '../../src'
import { Departures } from '../../src/engine/departures'
import { RUNS } from '../laws/runs'
import { MS, type Party, party } from './party'

const options = { admission: { type: 'forecast', target: 50, interval: 200 } } as const

/** A broker that has learnt that a request leaves every 10 ms, with `waiting` requests in it at `now`. */
function learnt(waiting: number): { broker: Broker<Party, Party>; now: number } {
  const broker = createBroker<Party, Party>(options, 0)
  let now = 0
  broker.ask(party('first', now), 0)
  for (let i = 0; i < 50; i++) {
    broker.ask(party('next', now), now * MS)
    now += 10
    broker.askR(party('member', now), now * MS)
  }
  for (let i = broker.length; i < waiting; i++) broker.ask(party('filler', now), now * MS)
  return { broker, now }
}

describe('admission by forecast', () => {
  it('lets a burst shorter than the interval pass', () => {
    const { broker, now } = learnt(1)
    for (let i = 0; i < 15; i++) broker.ask(party('burst', now), now * MS)
    expect(broker.length).toBe(16)
    expect(broker.decision.dropped).toEqual([])
  })

  it('refuses at once above the bound, and says when to retry', () => {
    const { broker, now } = learnt(21)
    broker.ask(party('too many', now), now * MS)
    const [drop] = broker.decision.dropped
    expect(drop).toMatchObject({ reason: 'forecast', sojourn: 0, waiting: 21 })
    expect(drop?.retryAfter).toBeCloseTo((21 * 10 - 50) * MS, -6)
  })

  it('refuses forecasts above target after a whole interval of them, until the forecast is half of target', () => {
    const { broker, now } = learnt(1)
    let at = now
    const pressed: (string | undefined)[] = []
    // Two come for one that leaves: the wait grows by 10 ms each 10 ms.
    for (let i = 0; i < 40; i++) {
      at += 10
      for (let j = 0; j < 2; j++) {
        broker.ask(party('flood', at), at * MS)
        pressed.push(broker.decision.dropped[0]?.reason)
      }
      broker.askR(party('member', at), at * MS)
    }
    expect(pressed.slice(0, 20)).not.toContain('forecast')
    expect(pressed.slice(-2)).toContain('forecast')
    expect(broker.length).toBeLessThanOrEqual(26)
    while (broker.length > 2) {
      at += 10
      broker.askR(party('member', at), at * MS)
    }
    broker.ask(party('welcome', at), at * MS)
    expect(broker.decision.dropped).toEqual([])
  })

  it('refuses nothing before its first measurement, nor while nothing waits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (count) => {
        const broker = createBroker<Party, Party>(options, 0)
        for (let i = 0; i < count; i++) broker.ask(party('cast'), 0)
        expect(broker.length).toBe(count)
      }),
      { numRuns: Math.min(RUNS, 50) },
    )
  })

  it('counts only requests ahead: an urgent request does not wait for the others', () => {
    const { broker, now } = learnt(21)
    broker.ask(party('urgent', now, { priority: 1 }), now * MS)
    expect(broker.decision.dropped).toEqual([])
  })
})

describe('the time between departures', () => {
  it('survives an idle phase, and ignores it', () => {
    const departures = new Departures()
    departures.begin(0)
    for (let i = 1; i <= 50; i++) departures.depart(i * 10)
    departures.rest()
    departures.depart(1_000_000)
    departures.begin(2_000_000)
    expect(departures.gap(2_000_000)).toBeCloseTo(10, 6)
  })

  it('follows a tenfold change within a hundred departures, up and down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.boolean(), (gap, slower) => {
        const departures = new Departures()
        let at = 0
        departures.begin(at)
        const [from, to] = slower ? [gap, 10 * gap] : [10 * gap, gap]
        for (let i = 0; i < 100; i++) departures.depart((at += from))
        for (let i = 0; i < 150; i++) departures.depart((at += to))
        expect(departures.gap(at) / to).toBeGreaterThan(0.8)
        expect(departures.gap(at) / to).toBeLessThan(1.2)
      }),
      { numRuns: RUNS },
    )
  })

  it('counts a long gap before it has ended', () => {
    const departures = new Departures()
    departures.begin(0)
    for (let i = 1; i <= 100; i++) departures.depart(i * 10)
    expect(departures.gap(1010)).toBeCloseTo(10, 6)
    expect(departures.gap(1000 + 1000)).toBeGreaterThan(35)
  })
})
