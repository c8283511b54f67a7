import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { GradientLimit } from '../../src/policies/gradient/gradient-limit'
import { gradientOptions } from '../../src/policies/gradient/gradient-options'

const MS = NS_PER_MS
const rules = (given: object = {}) => gradientOptions.parse({ type: 'gradient', ...given })

/** A backend that is always asked for more: as many run side by side as the limit says. */
class Plant {
  now = 0
  /** When each run began that is under way. */
  readonly #runs: number[] = []

  constructor(
    readonly limit: GradientLimit,
    public service: number,
    public capacity: number,
    private readonly random: () => number = () => 0.5,
    private readonly demand = Infinity,
  ) {}

  /** Lets one run after the other end and another begin. */
  run(forMs: number): void {
    for (const end = this.now + forMs * MS; this.now < end;) {
      while (this.#runs.length < Math.min(this.limit.limit, this.demand)) this.#runs.push(this.now)
      const working = this.#runs.length
      const length = this.service * (0.5 + this.random()) * Math.max(1, working / this.capacity) * MS
      this.now += Math.ceil(length / working)
      const begun = this.#runs.shift()!
      this.limit.finished(Math.min(this.now - begun, 1.5 * length), working, this.now)
    }
  }
}

describe('a limit that learns', () => {
  it('starts with its initial limit, within its bounds', () => {
    expect(new GradientLimit(rules(), 0).limit).toBe(10)
    expect(new GradientLimit(rules({ max: 4 }), 0).limit).toBe(4)
    expect(new GradientLimit(rules({ min: 12 }), 0).limit).toBe(12)
  })

  it('grows to its bound while runs do not wait for each other', () => {
    const limit = new GradientLimit(rules({ max: 50 }), 0)
    new Plant(limit, 20, 1000).run(20_000)
    expect(limit.limit).toBe(50)
  })

  it('does not grow while it is not reached', () => {
    const limit = new GradientLimit(rules(), 0)
    new Plant(limit, 20, 1000, undefined, 9).run(60_000)
    expect(limit.limit).toBe(10)
    expect(limit.floor).toBeCloseTo(20 * MS, -6)
  })

  it('settles a little above the capacity, with a short queue at the bottleneck', () => {
    const limit = new GradientLimit(rules(), 0)
    new Plant(limit, 20, 20).run(60_000)
    expect(limit.limit).toBeGreaterThanOrEqual(20)
    expect(limit.limit).toBeLessThanOrEqual(20 * 1.1 + Math.sqrt(30) + 2)
  })

  it('falls when the capacity falls, and comes back', () => {
    const limit = new GradientLimit(rules(), 0)
    const plant = new Plant(limit, 20, 20)
    plant.run(30_000)
    plant.capacity = 8
    plant.run(4000)
    expect(limit.limit).toBeLessThanOrEqual(8 * 1.1 + Math.sqrt(16))
    plant.capacity = 20
    plant.run(4000)
    expect(limit.limit).toBeGreaterThanOrEqual(20)
  })

  it('adapts to a backend that has become slower for good, though the load never ends', () => {
    const limit = new GradientLimit(rules(), 0)
    const plant = new Plant(limit, 20, 20)
    plant.run(30_000)
    plant.service = 60
    plant.run(5000)
    expect(limit.limit).toBeLessThan(15)
    plant.run(60_000)
    expect(limit.limit).toBeGreaterThanOrEqual(20)
    expect(limit.floor).toBeGreaterThan(50 * MS)
  })

  it('corrects a floor that was measured while too many worked', () => {
    const limit = new GradientLimit(rules({ initial: 80, max: 80 }), 0)
    new Plant(limit, 20, 10).run(20_000)
    expect(limit.limit).toBeLessThanOrEqual(10 * 1.1 + Math.sqrt(20) + 2)
  })

  it('halves for a short time now and then, to measure runs without load', () => {
    const limit = new GradientLimit(rules({ max: 20, initial: 20 }), 0)
    const plant = new Plant(limit, 20, 1000)
    let probed = 0
    for (let ms = 0; ms < 100_000; ms += 10) {
      plant.run(10)
      if (limit.limit === 10) probed += 10
    }
    expect(probed).toBeGreaterThan(9 * 100)
    expect(probed).toBeLessThan(11 * 200)
  })

  it('counts no run in a probe that began before it', () => {
    const limit = new GradientLimit(rules({ initial: 10, probe: 1000 }), 0)
    let now = 0
    const finish = (ms: number, working: number) => limit.finished(ms * MS, working, (now += 10 * MS))
    while (limit.limit !== 5) finish(100, 10)
    for (let i = 0; i < 9; i++) finish(100, 5)
    expect([limit.limit, limit.floor]).toEqual([5, 100 * MS])
    for (let i = 0; i < 20; i++) finish(10, 5)
    expect([limit.limit, limit.floor]).toEqual([10, 10 * MS])
  })

  it('starts again after relearn', () => {
    const limit = new GradientLimit(rules(), 0)
    const plant = new Plant(limit, 20, 40)
    plant.run(30_000)
    limit.relearn(plant.now)
    expect([limit.limit, limit.floor]).toEqual([10, 0])
    plant.service = 200
    plant.run(30_000)
    expect(limit.floor).toBeGreaterThan(150 * MS)
    expect(limit.limit).toBeGreaterThanOrEqual(40)
  })

  it('applies new rules and keeps what it has learnt', () => {
    const limit = new GradientLimit(rules(), 0)
    const plant = new Plant(limit, 20, 30)
    plant.run(30_000)
    const { floor } = limit
    limit.configure(rules({ max: 7 }), plant.now)
    expect([limit.limit, limit.floor]).toEqual([7, floor])
    limit.configure(rules({ min: 40 }), plant.now)
    expect(limit.limit).toBe(40)
  })
})

describe('the laws of a limit that learns', () => {
  const runs = fc.array(
    fc.record({
      took: fc.double({ min: 0, max: 1e12, noNaN: true }),
      working: fc.integer({ min: 1, max: 200 }),
      after: fc.integer({ min: 0, max: 1e9 }),
    }),
    { maxLength: 400 },
  )

  it('keep it a whole number within its bounds, for any measurements', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 100 }), (steps, min, max) => {
        const limit = new GradientLimit(rules({ min, max, window: 1, probe: 50 }), 0)
        let now = 0
        for (const { took, working, after } of steps) {
          limit.finished(took, working, (now += after))
          expect(Number.isInteger(limit.limit)).toBe(true)
          expect(limit.limit).toBeGreaterThanOrEqual(min)
          expect(limit.limit).toBeLessThanOrEqual(max)
          expect(limit.floor).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('keep the floor and the limit constant under a load that never ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 200 }),
        fc.integer({ min: 3, max: 20 }),
        fc.integer({ min: 1, max: 2 ** 31 - 2 }),
        (service, capacity, seed) => {
          let state = seed
          const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
          const limit = new GradientLimit(rules(), 0)
          const plant = new Plant(limit, service, capacity, random)
          plant.run(60_000)
          for (let minute = 0; minute < 3; minute++) {
            plant.run(60_000)
            expect(limit.floor / MS).toBeGreaterThan(0.6 * service)
            expect(limit.floor / MS).toBeLessThan(1.4 * service)
            expect(limit.limit).toBeLessThan(2 * capacity + 5)
          }
        },
      ),
      { numRuns: 12 },
    )
  })
})
