import fc from 'fast-check'
import { RecentTally } from '../src/views/stats/recent-tally'

describe('a recent tally', () => {
  it('counts by name, forgets events older than two windows, and keeps those of the last one', () => {
    const event = fc.record({ name: fc.constantFrom('a', 'b'), pause: fc.integer({ min: 0, max: 250 }) })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 0, max: 400 }), (events, rest) => {
        const tally = new RecentTally<string>(100, 0)
        const added: { name: string; at: number }[] = []
        let now = 0
        for (const { name, pause } of events) {
          now += pause
          tally.add(name, now)
          added.push({ name, at: now })
        }
        now += rest
        const counts = tally.counts(now)
        for (const name of ['a', 'b']) {
          const within = (window: number): number =>
            added.filter((each) => each.name === name && now - each.at < window).length
          expect(counts[name] ?? 0).toBeGreaterThanOrEqual(within(100))
          expect(counts[name] ?? 0).toBeLessThanOrEqual(within(200))
        }
      }),
    )
  })
})
