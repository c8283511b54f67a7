import { inspect } from '@genpool/core'
import fc from 'fast-check'
import { Bench } from './bench'
import { laws, step } from './limit-laws'

/** `GENPOOL_LAW_RUNS` asks for more. */
const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 60)

describe('priority, key, rate, limits and shared runs together', () => {
  it.each([
    ['of a pool', false],
    ['of a broker that two pools share', true],
  ] as const)(
    'are kept %s: no window holds more, nobody waits without need, each has one outcome',
    async (_name, isShared) => {
      let shared = 0
      await fc.assert(
        fc.asyncProperty(laws, fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (law, plan) => {
          const bench = new Bench(law, isShared)
          try {
            for (const each of plan) await bench.perform(each)
            await bench.end()
            for (const pool of bench.pools) shared += inspect(pool).shared
          } finally {
            bench.close()
          }
        }),
        { numRuns: RUNS },
      )
      expect(shared).toBeGreaterThan(0)
    },
    240_000,
  )
})
