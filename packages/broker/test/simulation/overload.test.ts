import { type BrokerOptions } from '../../src'
import { exponential, type Outcome, type Scenario, simulate } from './simulation'

/** 8 members, 10 ms of work, callers that give up after 500 ms and do not slow down. */
const table: Omit<Scenario, 'broker' | 'rate'> = {
  seconds: 10,
  members: () => 8,
  service: () => 10,
  patience: 500,
}
const CAPACITY = 800
const codel = { type: 'codel', target: 50, interval: 250 } as const
const forecast = { type: 'forecast', target: 50, interval: 250 } as const

function under(load: number, broker: BrokerOptions, more: Partial<Scenario> = {}): Outcome {
  return simulate({ ...table, rate: () => load * CAPACITY, broker, ...more })
}

const floods = [2, 10]
const varied: Partial<Scenario> = { service: (_at, random) => exponential(10, random) }

describe('an open-loop flood', () => {
  it.each(floods)('collapses a timeout queue, and CoDel alone, at %d times the capacity', (load) => {
    const alone = { budget: false }
    const byTimeout = under(load, { client: { type: 'timeout', timeout: 500 }, ...alone })
    const byCodel = under(load, { client: codel, ...alone })
    for (const { goodput, wasted } of [byTimeout, byCodel]) {
      expect(goodput).toBeLessThan(0.12)
      expect(wasted).toBeGreaterThan(6000)
    }
  })

  it.each(floods)('is served by the default options at %d times the capacity, without wasted work', (load) => {
    const outcome = under(load, {}, { patience: 5000, seconds: 15 })
    expect(outcome.goodput).toBeGreaterThan(0.99)
    expect(outcome.wasted).toBe(0)
  })

  it.each(floods)(
    'is answered soon by the default options at %d times the capacity, though nothing is refused',
    (load) => {
      for (const more of [{}, varied]) {
        const outcome = under(load, {}, more)
        expect(outcome.median).toBeLessThan(25)
        expect(outcome.p99).toBeLessThan(300)
        // In order, those would be answered that are about to give up.
        expect(under(load, { client: { type: 'drop', order: 'fifo' } }, more).median).toBeGreaterThan(400)
      }
    },
  )

  it.each(floods)('is served by the default options when run times vary, at %d times the capacity', (load) => {
    const outcome = under(load, {}, { ...varied, patience: 5000, seconds: 15 })
    expect(outcome.goodput).toBeGreaterThan(0.95)
    expect(outcome.wasted).toBeLessThanOrEqual(outcome.answered / 1000)
  })

  it.each(floods)('is served fast by CoDel with adaptive order at %d times the capacity', (load) => {
    const outcome = under(load, { client: { ...codel, order: 'adaptive' }, budget: false })
    expect(outcome.goodput).toBeGreaterThan(0.99)
    expect(outcome.wasted).toBe(0)
    expect(outcome.median).toBeLessThan(15)
  })

  it.each(floods)('is refused at once by forecast at %d times the capacity', (load) => {
    for (const more of [{}, varied]) {
      const outcome = under(load, { client: { ...codel, order: 'adaptive' }, admission: forecast }, more)
      expect(outcome.goodput).toBeGreaterThan(0.99)
      expect(outcome.wasted).toBe(0)
      expect(outcome.median).toBeLessThan(25)
      expect(outcome.toldAfter).toBeLessThan(1)
    }
  })

  it.each(floods)(
    'leaves no request waiting for long with CoDel in adaptive order at %d times the capacity',
    (load) => {
      for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
        const outcome = under(
          load,
          { client: { ...codel, order: 'adaptive' }, admission: forecast },
          { seconds: 4, seed },
        )
        expect(outcome.p99).toBeLessThan(260)
      }
    },
  )

  it('is served by PIE admission at twice the capacity, but not at ten times', () => {
    const broker = { client: codel, admission: { type: 'pie', target: 50, interval: 250 }, budget: false } as const
    expect(under(2, broker).goodput).toBeGreaterThan(0.9)
    expect(under(10, broker).goodput).toBeLessThan(0.8)
  })
})

describe('a load below the capacity', () => {
  it('loses nothing by default, and almost nothing by forecast', () => {
    for (const more of [{}, varied]) {
      expect(under(0.95, {}, more).dropped).toBe(0)
      const { dropped, sent } = under(0.95, { admission: forecast }, more)
      expect(dropped).toBeLessThan(sent * 0.015)
    }
  })
})

/** The cases in which a measured rate of departures may mislead. */
const hard: readonly (readonly [string, Partial<Scenario>])[] = [
  ['idle phases', { rate: (at) => (Math.floor(at / 2000) % 2 === 0 ? 20 : 700) }],
  ['a slow start', { rate: () => 600, service: (at, random) => exponential(at < 1000 ? 100 : 10, random) }],
  ['members that come and go', { rate: () => 600, members: (at) => [8, 12, 8, 16, 9][Math.floor(at / 2000) % 5] ?? 8 }],
  [
    'runs that get ten times shorter within a second',
    { rate: () => 600, service: (at, random) => exponential(slope(at, 100, 10), random) },
  ],
]

/** From one value to another between the fourth and the fifth second. */
function slope(at: number, from: number, to: number): number {
  return from + (to - from) * Math.min(1, Math.max(0, (at - 4000) / 1000))
}

describe.each(hard)('admission by forecast through %s', (_name, scenario) => {
  const broker: BrokerOptions = {
    client: { type: 'codel', order: 'adaptive' },
    admission: 'forecast',
  }
  const outcome = simulate({ ...table, ...varied, rate: () => 600, patience: 1000, ...scenario, broker })

  it('refuses almost nothing in the end', () => {
    const sum = (counts: readonly number[]): number => counts.slice(-3).reduce((total, count) => total + count, 0)
    expect(sum(outcome.droppedPerSecond)).toBeLessThanOrEqual(sum(outcome.perSecond) / 100)
    expect(sum(outcome.perSecond)).toBeGreaterThan(0)
  })

  it('wastes almost no work', () => {
    expect(outcome.wasted).toBeLessThanOrEqual(outcome.answered / 500)
  })
})

describe('runs that get ten times longer within a second', () => {
  it.each(['none', 'forecast', 'pie'] as const)('are still served in time with admission %s', (admission) => {
    const outcome = simulate({
      ...table,
      rate: () => 700,
      patience: 1000,
      service: (at, random) => exponential(slope(at, 10, 100), random),
      broker: { client: { type: 'codel', order: 'adaptive' }, admission },
    })
    // Eight members can do 80 a second now.
    for (const answered of outcome.perSecond.slice(-4)) expect(answered).toBeGreaterThan(50)
    expect(outcome.wasted).toBeLessThanOrEqual(10)
  })
})

describe('a few runs that take very long', () => {
  it('do not block the others by default', () => {
    const service = (_at: number, random: () => number): number => (random() < 0.985 ? 10 : 3000)
    const outcome = under(0.1, {}, { service, patience: 5000, seconds: 20 })
    expect(outcome.dropped).toBe(0)
    expect(outcome.wasted).toBe(0)
  })
})

describe('ten thousand requests at once to a calm broker', () => {
  it('are a batch and not an overload: all are served', () => {
    let burst = true
    const rate = (at: number): number => {
      if (!burst) return 10
      burst = at < 1
      return 1e8
    }
    const outcome = simulate({ ...table, rate, patience: Infinity, seconds: 140, broker: {} })
    expect(outcome.sent).toBeGreaterThan(10_000)
    expect(outcome.dropped).toBe(0)
    expect(outcome.answered).toBeGreaterThan(10_000)
  })
})
