import fc from 'fast-check'
import { RUNS } from '../../laws/runs'
import { Bench } from './bench'
import { queue, rules, step } from './plans'

describe('rates and limits over any queue', () => {
  it('are never exceeded, hold nobody back without need, and lose nobody', () => {
    fc.assert(
      fc.property(
        rules.filter(({ rate, limits }) => rate !== null || limits !== null),
        queue,
        fc.array(fc.tuple(step, fc.option(fc.tuple(rules, queue), { freq: 9 })), { maxLength: 80, size: 'max' }),
        (initial, queue, plan) => {
          const bench = new Bench(initial, queue)
          for (const [each, change] of plan) {
            bench.perform(each, change)
            bench.check()
          }
          bench.end()
        },
      ),
      { numRuns: RUNS },
    )
  })
})
