import fc from 'fast-check'
import { Bench } from './bench'
import { laws, step } from './limit-laws'

/** `GENPOOL_LAW_RUNS` asks for more. */
const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 60)

describe('priority, key, rate and limits together', () => {
  it.each([
    ['of a pool', false],
    ['of a broker that two pools share', true],
  ] as const)(
    'are kept %s: no window holds more, nobody waits without need, each has one outcome',
    async (_name, isShared) => {
      await fc.assert(
        fc.asyncProperty(laws, fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (law, plan) => {
          const bench = new Bench(law, isShared)
          try {
            for (const each of plan) await bench.perform(each)
            await bench.end()
          } finally {
            bench.close()
          }
        }),
        { numRuns: RUNS },
      )
    },
    240_000,
  )
})
