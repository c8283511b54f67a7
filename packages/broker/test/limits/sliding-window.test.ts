import fc from 'fast-check'
import { Rate } from '../../src/limits/rate'
import { RUNS } from '../laws/runs'

/** The cost that began within `span` before `now`. */
const within = (log: readonly (readonly [number, number])[], span: number, now: number): number =>
  log.reduce((sum, [at, cost]) => (at > now - span && at <= now ? sum + cost : sum), 0)

describe('a rate of work', () => {
  it('lets the limit begin at once, and the next one when the first is an interval old', () => {
    const rate = new Rate({ limit: 3, interval: 1000, burst: 3 })
    for (const at of [0, 10, 10]) rate.add(1, at)
    expect(rate.fits(1, 999)).toBe(false)
    expect([rate.opensAt(1, 20), rate.opensAt(2, 20), rate.opensAt(4, 20)]).toEqual([1000, 1010, Infinity])
    expect(rate.fits(1, 1000)).toBe(true)
    expect(rate.fits(2, 1000)).toBe(false)
  })

  it('spreads what is more than the burst evenly', () => {
    const rate = new Rate({ limit: 10, interval: 1000, burst: 1 })
    const begins: number[] = []
    for (let now = 0; now < 1000; now = rate.opensAt(1, now)) {
      rate.add(1, now)
      begins.push(now)
    }
    expect(begins).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900])
  })

  it('takes back what did not begin after all', () => {
    const rate = new Rate({ limit: 2, interval: 1000, burst: 2 })
    rate.add(1, 0)
    rate.add(1, 5)
    rate.undo(1, 0)
    expect(rate.opensAt(2, 6)).toBe(1005)
  })

  it('is exact: no window holds more, and whatever fits may begin', () => {
    const steps = fc.array(fc.record({ after: fc.nat(60), cost: fc.integer({ min: 0, max: 4 }), undo: fc.nat(9) }), {
      maxLength: 80,
    })
    const rules = fc
      .record({ limit: fc.integer({ min: 4, max: 9 }), interval: fc.integer({ min: 1, max: 100 }), less: fc.nat(3) })
      .map(({ less, ...rest }) => ({ ...rest, burst: Math.max(4, rest.limit - less) }))
    fc.assert(
      fc.property(rules, steps, ({ limit, interval, burst }, plan) => {
        const rate = new Rate({ limit, interval, burst })
        const share = Math.ceil((interval * burst) / limit)
        const log: [number, number][] = []
        let now = 0
        for (const { after, cost, undo } of plan) {
          now += after
          const fits =
            within(log, interval, now) + cost <= limit && (burst === limit || within(log, share, now) + cost <= burst)
          expect(rate.fits(cost, now)).toBe(fits)
          const opensAt = rate.opensAt(cost, now)
          expect(opensAt <= now).toBe(fits)
          if (!fits && opensAt !== Infinity) {
            const later = (at: number): boolean =>
              within(log, interval, at) + cost <= limit && (burst === limit || within(log, share, at) + cost <= burst)
            expect([later(opensAt - 1), later(opensAt)]).toEqual([false, true])
          }
          if (!fits) continue
          rate.add(cost, now)
          log.push([now, cost])
          if (undo === 0 && log.length > 1) {
            const [[at, gone]] = log.splice(log.length - 2, 1) as [[number, number]]
            rate.undo(gone, at)
          }
          expect(rate.used(now)).toBe(within(log, interval, now))
        }
      }),
      { numRuns: RUNS },
    )
  })
})
