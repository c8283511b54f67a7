import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { RecentCounts } from '../../src/policies/door/recent-counts'
import { Throttle, throttleOptions } from '../../src/policies/door/throttle'

const MS = NS_PER_MS
const throttle = (given: object = {}) => new Throttle(throttleOptions.parse({ min: 0, ...given }))

describe('a throttle', () => {
  it('refuses nothing while all are accepted, or at most every other request is refused', () => {
    const door = throttle()
    expect(door.probability(0)).toBe(0)
    for (let i = 0; i < 50; i++) door.settled(true, 0)
    for (let i = 0; i < 50; i++) door.settled(false, 0)
    expect(door.probability(0)).toBe(0)
    expect(door.refuses(0, 0)).toBe(false)
  })

  it('refuses with the probability from the book', () => {
    const door = throttle()
    for (let i = 0; i < 10; i++) door.settled(true, 0)
    for (let i = 0; i < 89; i++) door.settled(false, 0)
    expect(door.probability(0)).toBe((99 - 20) / 100)
    expect(door.refuses(0.79, 0)).toBe(false)
    expect(door.refuses(0.78999, 0)).toBe(true)
    expect(door.probability(0)).toBe((100 - 20) / 101)
  })

  it('never refuses all requests, so that it notices when there is room again', () => {
    const door = throttle()
    for (let i = 0; i < 1000; i++) door.settled(false, 0)
    expect(door.probability(0)).toBeLessThan(1)
  })

  it('waits for a number of results before it refuses', () => {
    const door = throttle({ min: 5 })
    for (let i = 0; i < 4; i++) door.settled(false, 0)
    expect(door.probability(0)).toBe(0)
    door.settled(false, 0)
    expect(door.probability(0)).toBeGreaterThan(0.8)
  })

  it('forgets', () => {
    const door = throttle({ within: 1000 })
    for (let i = 0; i < 100; i++) door.settled(false, 0)
    expect(door.probability(899 * MS)).toBeGreaterThan(0.9)
    expect(door.probability(1000 * MS)).toBe(0)
  })

  it('applies new rules and keeps its counts', () => {
    const door = throttle()
    for (let i = 0; i < 30; i++) door.settled(true, 0)
    for (let i = 0; i < 69; i++) door.settled(false, 0)
    door.configure(throttleOptions.parse({ factor: 3 }))
    expect(door.probability(0)).toBeCloseTo(0.09)
    door.configure(throttleOptions.parse({ within: 5 }))
    expect(door.probability(0)).toBe(0)
  })

  it('lets about factor requests pass for each accepted one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 2 }), fc.constantFrom(1.5, 2, 3), (seed, factor) => {
        let state = seed
        const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
        const door = throttle({ factor, min: 20 })
        let [went, accepted] = [0, 0]
        // Ten times as many come as can be accepted: each tenth that comes finds room, if it is not kept back before.
        for (let i = 0, room = 0; i < 60_000; i++) {
          const now = i * MS
          room = Math.min(5, room + 0.1)
          if (door.refuses(random(), now)) continue
          const fits = room >= 1
          if (fits) room--
          door.settled(fits, now)
          // It takes a few windows to settle.
          if (i < 30_000) continue
          went++
          accepted += fits ? 1 : 0
        }
        expect(went / accepted).toBeGreaterThan(0.9 * factor)
        expect(went / accepted).toBeLessThan(1.1 * factor)
        expect(accepted).toBeGreaterThan(0.95 * 3000)
      }),
      { numRuns: 8 },
    )
  })
})

describe('recent counts', () => {
  it('are those of the last ten steps, however time passes', () => {
    const entries = fc.array(fc.record({ after: fc.integer({ min: 0, max: 400 }), good: fc.boolean() }))
    fc.assert(
      fc.property(entries, fc.integer({ min: -5000, max: 5000 }), (steps, begin) => {
        const counts = new RecentCounts(1000)
        const all: { good: boolean; at: number }[] = []
        let now = begin
        for (const { after, good } of steps) {
          now += after
          counts.add(good, now)
          all.push({ good, at: now })
          const recent = all.filter(({ at }) => Math.floor(at / 100) > Math.floor(now / 100) - 10)
          expect(counts.good(now)).toBe(recent.filter((entry) => entry.good).length)
          expect(counts.bad(now)).toBe(recent.filter((entry) => !entry.good).length)
        }
      }),
    )
  })
})
