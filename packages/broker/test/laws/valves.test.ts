import fc from 'fast-check'
import { codelValve, openValve, rateValve, relativeValve, type Valve } from '../../src'
import { valveContract, type ValveSubject } from '../../src/testing'
import { RUNS } from './runs'

function subject(
  make: (options: never, now: number, tasks: readonly number[]) => Valve<number>,
  all: object[],
): ValveSubject {
  let turn = 0
  return {
    create: (now, tasks) => make(all[turn++ % all.length] as never, now, tasks),
    reconfigurations: all,
  }
}

const bounds = [{}, { min: 2 }, { max: 3 }, { min: 2, max: 2 }, { min: 1, max: 4 }, { max: 0 }]
const withBounds = (more: object[]): object[] => bounds.flatMap((bound) => more.map((each) => ({ ...bound, ...each })))

const all: readonly (readonly [string, ValveSubject])[] = [
  ['open', subject(openValve, [{}, { max: 0 }, { max: 2 }, { max: 5 }])],
  ['rate', subject(rateValve, withBounds([{ limit: 1, interval: 10 }, { limit: 5, interval: 1000 }, { limit: 0 }]))],
  ['relative', subject(relativeValve, withBounds([{}, { target: -50 }, { target: 0 }]))],
  ['CoDel', subject(codelValve, withBounds([{}, { target: -50, interval: 20 }, { target: 200, interval: 1 }]))],
]

describe.each(all)('the %s valve', (_, each) => {
  it.each(valveContract.map((law) => [law.name, law] as const))('%s', (_name, law) => {
    law.check(each, { fc, runs: RUNS })
  })
})

describe('a rate valve', () => {
  it('never lets more than limit start above min within any interval', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 80 })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 5 }), (all, limit) => {
        const valve = rateValve<number>({ limit, interval: 100 }, 0)
        const starts: number[] = []
        let now = 0
        all.forEach((gap, task) => {
          now += gap * 1e6
          valve.timeout(now)
          if (!valve.status.open) return
          valve.ask(task, now)
          valve.done(task, now)
          starts.push(now)
        })
        // The one that is `limit` starts later comes at least an interval later.
        starts.forEach((start, i) => expect((starts[i + limit] ?? Infinity) - start).toBeGreaterThanOrEqual(100e6))
      }),
      { numRuns: RUNS },
    )
  })
})
