import fc from 'fast-check'
import { createBroker, type EngineOptions } from '../../src'
import { RUNS } from '../laws/runs'
import { Job } from './model'

/*
 * While there are limits, weights or a fair queue, keys take turns, and some wait for others. When all that is gone, what waits stands in
 * the order of the queue: the greater priority first, and equal ones as they came, also those of one turn, which have one time.
 */

const PLAIN: EngineOptions = { client: { type: 'drop', order: 'fifo' } }
const options = fc.constantFrom<EngineOptions>(
  PLAIN,
  { client: { type: 'timeout', timeout: 3_600_000, order: 'fifo' } },
  { client: { type: 'fair', by: { property: 'tenant' } } },
  { client: { type: 'fair', by: 'value', queue: { type: 'codel', target: 3_600_000 } } },
  { ...PLAIN, limits: { by: 'tenant', concurrency: 1 } },
  { ...PLAIN, limits: { by: 'tenant', weight: { a: 2 } } },
  { ...PLAIN, limits: { by: 'user', concurrency: 1, weight: () => 3 } },
  { ...PLAIN, rate: { limit: 2, cost: 'cost', by: 'user' } },
)
const steps = fc.array(
  fc.record({
    op: fc.constantFrom('ask', 'ask', 'ask', 'ask', 'configure', 'take', 'time'),
    tenant: fc.constantFrom('a', 'b', 'c', undefined),
    user: fc.constantFrom('u', 'v', undefined),
    priority: fc.constantFrom(0, 0, 0, 1),
    to: options,
  }),
  { maxLength: 60 },
)

/** What is served from now on. */
const rest = (broker: ReturnType<typeof createBroker<Job, Job>>, now: number): Job[] => {
  const jobs: Job[] = []
  for (let job = broker.take(now); job !== null; job = broker.take(now)) jobs.push(job)
  return jobs
}
const inOrder = (jobs: readonly Job[]): Job[] =>
  [...jobs].sort((a, b) => b.priority - a.priority || a.task.id - b.task.id)

describe('a queue from which limits, weights and keys are gone', () => {
  it('serves those that were sent in one turn as they came', () => {
    const broker = createBroker<Job, Job>({ budget: false, ...PLAIN }, 0)
    for (const [id, tenant] of ['b', 'b', 'b', 'a', 'c', 'a', 'a', 'c', 'a'].entries())
      broker.ask(new Job({ id, tenant, user: undefined, cost: 1 }, 0), 0)
    broker.configure({ budget: false, ...PLAIN, limits: { by: 'tenant', weight: { a: 2 } } }, 0)
    broker.configure({ budget: false, ...PLAIN }, 0)
    expect(rest(broker, 1).map((job) => job.task.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('serves what waits by its priority, and as it came, whatever there was before', () => {
    let served = 0
    fc.assert(
      fc.property(options, steps, (first, all) => {
        const broker = createBroker<Job, Job>({ budget: false, ...first }, 0)
        let now = 0
        let id = 0
        const waiting = new Set<Job>()
        for (const { op, to, priority, tenant, user } of all) {
          if (op === 'time') now++
          else if (op === 'configure') broker.configure({ budget: false, ...to }, now)
          else if (op === 'take') {
            const job = broker.take(now)
            if (job !== null) waiting.delete(job)
          } else {
            const job = new Job({ id: id++, tenant, user, cost: 1 }, now)
            job.priority = priority
            waiting.add(job)
            broker.ask(job, now)
          }
        }
        broker.configure({ budget: false, ...PLAIN }, now)
        served += waiting.size
        expect(rest(broker, now).map((job) => job.task.id)).toEqual(inOrder([...waiting]).map((job) => job.task.id))
        expect(broker.length).toBe(0)
      }),
      { numRuns: RUNS * 5 },
    )
    expect(served).toBeGreaterThan(RUNS)
  })
})
