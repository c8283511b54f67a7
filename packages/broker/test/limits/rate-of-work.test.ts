import fc from 'fast-check'
import { Begins } from '../../src/limits/begins'
import { type Rate, rateOfAll } from '../../src/limits/rate'
import { RUNS } from '../laws/runs'

/** The cost that began within `span` before `now`. */
const within = (log: readonly (readonly [number, number])[], span: number, now: number): number =>
  log.reduce((sum, [at, cost]) => (at > now - span && at <= now ? sum + cost : sum), 0)

describe('a rate of work', () => {
  it('lets the limit begin at once, and the next one when the first is an interval old', () => {
    const rate = rateOfAll({ limit: 3, interval: 1000, burst: 3 })
    for (const at of [0, 10, 10]) rate.add(1, at)
    expect(rate.fits(1, 999)).toBe(false)
    expect([rate.opensAt(1, 20), rate.opensAt(2, 20), rate.opensAt(4, 20)]).toEqual([1000, 1010, Infinity])
    expect(rate.fits(1, 1000)).toBe(true)
    expect(rate.fits(2, 1000)).toBe(false)
  })

  it('spreads what is more than the burst evenly', () => {
    const rate = rateOfAll({ limit: 10, interval: 1000, burst: 1 })
    const begins: number[] = []
    for (let now = 0; now < 1000; now = rate.opensAt(1, now)) {
      rate.add(1, now)
      begins.push(now)
    }
    expect(begins).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900])
  })

  it('takes back what did not begin after all', () => {
    const rate = rateOfAll({ limit: 2, interval: 1000, burst: 2 })
    rate.add(1, 0)
    rate.add(1, 5)
    rate.undo(1, 0)
    expect(rate.opensAt(2, 6)).toBe(1005)
  })

  it('lets begin at the time that it says, also if times are not whole', () => {
    const time = fc.double({ min: 0, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(
        time,
        fc.double({ min: 1, max: 1e10, noNaN: true }),
        fc.integer({ min: 1, max: 3 }),
        (at, interval, burst) => {
          const rate = rateOfAll({ limit: 3, interval, burst })
          for (let i = 0, now = at; i < 20; i++, now = rate.opensAt(1, now)) {
            expect(rate.fits(1, now)).toBe(true)
            rate.add(1, now)
          }
        },
      ),
      { numRuns: RUNS },
    )
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
        const rate = rateOfAll({ limit, interval, burst })
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

describe('the begins of many places', () => {
  it('count as if each place had a ring of its own', () => {
    const step = fc.record({
      place: fc.nat(5),
      after: fc.nat(20),
      cost: fc.integer({ min: 1, max: 3 }),
      undo: fc.nat(9),
    })
    const rules = fc
      .tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 1, max: 100 }), fc.nat(3))
      .map(([limit, interval, less]) => ({ limit, interval, burst: Math.max(3, limit - less) }))
    const law = fc.property(rules, rules, fc.array(step, { maxLength: 300 }), (first, second, steps) => {
      const together = new Begins(first)
      together.fit(6)
      const apart = Array.from({ length: 6 }, () => rateOfAll(first))
      const log: { place: number; cost: number; at: number }[] = []
      let now = 0
      for (const [i, { place, after, cost, undo }] of steps.entries()) {
        if (i === 150) for (const rate of [together, ...apart]) rate.configure(second)
        now += after
        const alone = apart[place] as Rate
        const fits = together.fits(place, cost, now)
        expect([fits, together.opensAt(place, cost, now)]).toEqual([alone.fits(cost, now), alone.opensAt(cost, now)])
        if (fits) {
          together.add(place, cost, now)
          alone.add(cost, now)
          log.push({ place, cost, at: now })
        }
        const [gone] = undo === 0 ? log.splice(-3, 1) : []
        if (gone !== undefined) {
          together.undo(gone.place, gone.cost, gone.at)
          apart[gone.place]?.undo(gone.cost, gone.at)
        }
        expect(together.used(place, now)).toBe(alone.used(now))
      }
    })
    fc.assert(law, { numRuns: RUNS })
  })
  it('do not count twice as taken back, if they began at one time and are forgotten one after the other', () => {
    const begins = new Begins({ limit: 3, interval: 10, burst: 3 })
    begins.fit(100)
    // At most 64 are forgotten at once: the first of these two, and not the second.
    for (let place = 2; place < 65; place++) begins.add(place, 1, 0)
    for (const place of [1, 65, 1]) begins.add(place, 1, 0)
    for (let i = 0; i < 2; i++) begins.undo(1, 1, 0)
    begins.add(1, 3, 5)
    // Each 16th new one makes them forgotten.
    for (let place = 66; place < 82; place++) begins.add(place, 1, 10)
    expect(begins.fits(1, 1, 10)).toBe(false)
  })

  it('are taken back whole, also what began in several parts at one time', () => {
    const begins = new Begins({ limit: 9, interval: 10, burst: 9 })
    begins.fit(3)
    for (const [place, cost] of [
      [1, 1],
      [2, 1],
      [1, 1],
      [2, 1],
      [1, 4],
    ] as const)
      begins.add(place, cost, 0)
    begins.undo(1, 4, 0)
    expect(begins.used(1, 0)).toBe(2)
    for (let i = 0; i < 2; i++) begins.undo(1, 1, 0)
    expect([begins.used(1, 0), begins.used(2, 0)]).toEqual([0, 2])
    expect(begins.opensAt(1, 9, 1)).toBe(1)
  })
})
