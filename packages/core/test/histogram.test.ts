import fc from 'fast-check'
import { RecentHistogram } from '../src/views/stats/histogram'

const WINDOW = 10_000

describe('RecentHistogram', () => {
  it('reports each percentile at most 1/16 too high and never too low', () => {
    const values = fc.array(fc.oneof(fc.nat(100), fc.nat(1_000_000), fc.integer({ min: 0, max: 2 ** 50 })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(values, (list) => {
        const histogram = new RecentHistogram(WINDOW, 0)
        for (const value of list) histogram.record(value, 1)
        const sorted = [...list].sort((a, b) => a - b)
        const told = histogram.percentiles(1)
        expect(told.count).toBe(list.length)
        expect(told.max).toBe(sorted.at(-1)! / 1e6)
        for (const [share, ms] of [
          [0.5, told.p50],
          [0.9, told.p90],
          [0.99, told.p99],
        ] as const) {
          const exact = sorted[Math.ceil(share * list.length) - 1]! / 1e6
          expect(ms).toBeGreaterThanOrEqual(exact)
          expect(ms).toBeLessThanOrEqual(exact * (1 + 1 / 16) + 1e-6)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('forgets what is older than two windows, and keeps the last one', () => {
    const histogram = new RecentHistogram(WINDOW, 0)
    histogram.record(5e6, 100)
    expect(histogram.percentiles(WINDOW + 50)).toMatchObject({ count: 1, max: 5 })
    histogram.record(1e6, WINDOW + 100)
    expect(histogram.percentiles(WINDOW + 200)).toMatchObject({ count: 2, max: 5 })
    expect(histogram.percentiles(2 * WINDOW + 60)).toMatchObject({ count: 1, max: 1 })
    expect(histogram.percentiles(9 * WINDOW)).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 })
  })

  it('does so however far apart the values arrive', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 25_000 }), { maxLength: 40 })
    fc.assert(
      fc.property(pauses, (gaps) => {
        const histogram = new RecentHistogram(WINDOW, 0)
        let now = 0
        const times = gaps.map((gap) => (now += gap))
        for (const time of times) histogram.record(1, time)
        const within = (age: number): number => times.filter((time) => now - time < age).length
        const { count } = histogram.percentiles(now)
        expect(count).toBeGreaterThanOrEqual(within(WINDOW))
        expect(count).toBeLessThanOrEqual(within(2 * WINDOW))
      }),
    )
  })

  it('spreads its values over the whole time that it covers, also after a long pause', () => {
    const histogram = new RecentHistogram(WINDOW, 0)
    histogram.record(2000, 4000)
    expect(histogram.density(4000)).toBe(0.5)
    histogram.record(5000, 10.5 * WINDOW)
    expect(histogram.density(10.5 * WINDOW + 1)).toBeCloseTo(5000 / (1.5 * WINDOW), 3)
  })
})
