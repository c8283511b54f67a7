import fc from 'fast-check'
import { createBroker, type EngineOptions } from '../../src'
import { RUNS } from '../laws/runs'
import type { Job } from './model'
import { type Command, command, MS, options, Side } from './side'

interface Told {
  readonly result: unknown
  readonly dropped: unknown
  readonly begun: readonly (readonly [request: number, member: number])[]
}

/** What became of requests. Not which member a request gets. */
function fatesIn({ told }: Side, { op }: Command): unknown {
  const isOfMember = op === 'ask' || op === 'putBack'
  return (told.splice(0) as Told[]).map(({ result, dropped, begun }) => [
    op === 'configure' || (isOfMember ? result !== undefined : result),
    dropped,
    begun.map(([request]) => request),
  ])
}

const sides = (given: EngineOptions): [Side, Side] => [
  new Side(createBroker<Job, Job>(given, 0)),
  new Side(createBroker<Job, Job>(given, 0)),
]

it('changes nothing for requests under limits if the options of members change', () => {
  const limited = options.filter(({ rate, limits }) => rate !== false || limits !== false)
  const steps = fc.array(command, { minLength: 20, maxLength: 100 })
  fc.assert(
    fc.property(limited, steps, (given, steps) => {
      const [changed, same] = sides(given)
      for (const [i, command] of steps.entries()) {
        changed.now = same.now += command.ms * MS
        changed.run(command, { ...given, member: { type: 'drop', max: 1000 + i } })
        same.run(command.op === 'configure' ? { ...command, op: 'time' } : command, given)
        expect(fatesIn(changed, command)).toEqual(fatesIn(same, command))
      }
    }),
    { numRuns: RUNS },
  )
})

it('changes the numbers of a rate of all as if it looked at all that waits', () => {
  const order = fc.constantFrom('fifo' as const, 'adaptive' as const, 'lifo' as const)
  const rate = fc.record({ limit: fc.integer({ min: 1, max: 5 }), interval: fc.integer({ min: 2, max: 9 }) })
  const steps = fc.array(fc.tuple(command, rate), { minLength: 20, maxLength: 100 })
  fc.assert(
    fc.property(order, rate, steps, (order, first, steps) => {
      const [short, long] = sides({ client: { type: 'drop', order }, rate: first })
      for (const [i, [command, rate]] of steps.entries()) {
        short.now = long.now += command.ms * MS
        short.run(command, { client: { type: 'drop', order }, rate })
        // Another option of the queue: all that waits is looked at.
        long.run(command, { client: { type: 'drop', order, max: 1000 + i }, rate })
        expect(fatesIn(short, command)).toEqual(fatesIn(long, command))
      }
    }),
    { numRuns: RUNS },
  )
})
