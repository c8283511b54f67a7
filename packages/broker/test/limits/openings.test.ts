import fc from 'fast-check'
import { createBroker, type EngineOptions } from '../../src'
import { RUNS } from '../laws/runs'
import { Job } from './model'

const MS = 1_000_000
const job = (id: number, now: number, cost = 1): Job => new Job({ id, tenant: undefined, user: undefined, cost }, now)
const brokerOf = (options: EngineOptions) => createBroker<Job, Job>(options, 0)

/** Lets so many requests begin now, one member for each. */
function begin(broker: ReturnType<typeof brokerOf>, count: number, now: number): void {
  for (let i = 0; i < count; i++) {
    broker.ask(job(i, now), now)
    broker.askR(job(-1 - i, now), now)
  }
}

describe('the openings of a broker', () => {
  it('are none to tell of without a rate of all, and while nothing backs off', () => {
    expect(brokerOf({}).openings(0)).toBeUndefined()
    expect(brokerOf({ rate: { limit: 3, by: 'tenant' } }).openings(0)).toBeUndefined()
    const broker = brokerOf({})
    broker.backOff({ entry: job(1, 0) }, 10 * MS, 0)
    expect(broker.openings(2 * MS)).toEqual({ free: 0, nextMs: 8, everyMs: 0 })
    expect(broker.openings(10 * MS)).toBeUndefined()
  })

  it('are what the rate leaves, and when the next one may begin', () => {
    const broker = brokerOf({ rate: { limit: 4, interval: 1000 } })
    expect(broker.openings(0)).toEqual({ free: 4, nextMs: 1000, everyMs: 250 })
    begin(broker, 3, 100 * MS)
    expect(broker.openings(300 * MS)).toEqual({ free: 1, nextMs: 800, everyMs: 250 })
    begin(broker, 1, 400 * MS)
    expect(broker.openings(500 * MS)).toEqual({ free: 0, nextMs: 600, everyMs: 250 })
  })

  it('come after what waits, also if that is more than the rate allows at once', () => {
    const broker = brokerOf({ rate: { limit: 2, interval: 1000 } })
    begin(broker, 2, 0)
    for (const [waiting, nextMs] of [
      [1, 1000],
      [2, 2000],
      [3, 2000],
      [4, 3000],
    ] as const) {
      broker.ask(job(waiting, MS), MS)
      expect(broker.openings(MS)).toEqual({ free: 0, nextMs: nextMs - 1, everyMs: 500 })
    }
  })

  it('count the cost of what waits', () => {
    const broker = brokerOf({ rate: { limit: 100, interval: 1000, cost: 'cost' } })
    broker.ask(job(1, 0, 60), 0)
    expect(broker.openings(0)).toEqual({ free: 40, nextMs: 1000, everyMs: 10 })
    broker.ask(job(2, 0, 70), 0)
    expect(broker.openings(0)).toMatchObject({ free: 0, nextMs: 1000 })
  })

  it('are so: as many begin as they say, and the next one when they say', () => {
    const rules = fc
      .record({ limit: fc.integer({ min: 1, max: 6 }), interval: fc.integer({ min: 1, max: 50 }), less: fc.nat(3) })
      .map(({ limit, interval, less }) => ({ limit, interval, burst: Math.max(1, limit - less) }))
    fc.assert(
      fc.property(
        rules,
        fc.array(fc.tuple(fc.nat(20), fc.nat(3)), { maxLength: 20 }),
        fc.nat(30),
        (rate, plan, after) => {
          const broker = brokerOf({ rate })
          let now = 0
          for (const [pause, count] of plan) {
            now += pause * MS
            const { free } = broker.openings(now)!
            begin(broker, Math.min(free, count), now)
          }
          now += after * MS
          const { free, nextMs } = broker.openings(now)!
          begin(broker, free, now)
          expect(broker.length).toBe(0)
          const member = job(-100, now)
          broker.askR(member, now)
          const next = job(100, now)
          const taken = broker.ask(next, now)
          // With a burst of its own, or at the same time, the next one is the first that does not fit.
          expect(taken).toBeNull()
          const at = now + Math.round(nextMs * MS)
          broker.timeout(at - 1)
          expect(broker.match(at - 1)).toBeNull()
          broker.timeout(at)
          expect(broker.match(at)?.ask).toBe(next)
        },
      ),
      { numRuns: RUNS },
    )
  })
})
