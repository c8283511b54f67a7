import fc from 'fast-check'
import { createBroker } from '../../src'
import { RUNS } from '../laws/runs'
import { Job } from './model'
import { command, MS, options, Side } from './side'

it('gives the same results on the short ways under limits', () => {
  fc.assert(
    fc.property(
      options,
      options,
      fc.array(command, { minLength: 20, maxLength: 100 }),
      (settings, changed, commands) => {
        const short = new Side(createBroker(settings, 0))
        // Who asks whether parties are alive is never led a short way.
        const long = new Side(createBroker(settings, 0, { isAlive: () => true }))
        for (const command of commands) {
          short.now = long.now += command.ms * MS
          short.run(command, changed)
          long.run(command, changed)
          expect(short.told).toEqual(long.told)
          short.told.length = long.told.length = 0
        }
      },
    ),
    { numRuns: 3 * RUNS },
  )
})

it('counts nothing of a request that left, under a rate of all and a limit of its key', () => {
  const limits = { by: 'tenant', concurrency: 1 } as const
  const broker = createBroker<Job, Job>({ rate: { limit: 3, interval: 1 }, limits }, 0)
  const [first, second] = [1, 2].map((id) => new Job({ id, tenant: 'a', user: 'u', cost: 1 }, 0)) as [Job, Job]
  broker.ask(first, 0)
  expect(broker.remove(first, 0)).toBe(true)
  expect(broker.limits(0).limits).toMatchObject({ waiting: 0 })
  broker.ask(second, 0)
  expect(broker.askR(new Job({ id: 3, tenant: 'a', user: 'u', cost: 1 }, 0), 0)).toBe(second)
})
