import { createBroker, type EngineOptions } from '../../src'
import { Job } from './model'

const limits: readonly EngineOptions[] = [
  { limits: { by: 'tenant', concurrency: 1 } },
  { limits: { by: 'tenant', rate: { limit: 1, interval: 30 } } },
  { rate: { limit: 1, interval: 30, by: 'tenant' } },
  { limits: { by: 'tenant', concurrency: 1, max: 9 }, rate: { limit: 1, interval: 30, cost: 'cost' } },
]

/** The requests that are dropped of five of one tenant, and of one of another that comes last. */
const dropped = (options: EngineOptions): readonly unknown[] => {
  const broker = createBroker<Job, Job>({ budget: false, ...options }, 0)
  const found: unknown[] = []
  for (let id = 1; id <= 6; id++) {
    if (id === 1) broker.askR(new Job({ id: 0, tenant: undefined, user: undefined, cost: 1 }, 0), 0)
    broker.ask(new Job({ id, tenant: id < 6 ? 'a' : 'b', user: undefined, cost: 1 }, id), id)
    for (const { entry, reason } of broker.decision.dropped) found.push([entry.task.id, reason])
  }
  expect(broker.length).toBe(2)
  return found
}

describe('a full queue, while limits hold requests back', () => {
  it.each(limits)('drops the oldest with dropFrom head: %j', (options) => {
    const head = { type: 'drop', max: 2, dropFrom: 'head' } as const
    expect(dropped({ client: head, ...options })).toEqual([2, 3, 4].map((id) => [id, 'max']))
  })

  it.each(limits)('drops the new one without it: %j', (options) => {
    expect(dropped({ client: { type: 'drop', max: 2 }, ...options })).toEqual([4, 5, 6].map((id) => [id, 'max']))
  })

  it('drops the oldest, wherever it stands, and the less urgent before it', () => {
    const client = { type: 'drop', max: 2, dropFrom: 'head' } as const
    const broker = createBroker<Job, Job>({ budget: false, client, limits: { by: 'tenant', concurrency: 1 } }, 0)
    const ask = (id: number, tenant: string, priority = 0): unknown[] => {
      const job = new Job({ id, tenant, user: undefined, cost: 1 }, id)
      job.priority = priority
      broker.ask(job, id)
      return broker.decision.dropped.map(({ entry, reason }) => [entry.task.id, reason])
    }
    broker.askR(new Job({ id: 0, tenant: undefined, user: undefined, cost: 1 }, 0), 0)
    expect([ask(1, 'a'), ask(2, 'b'), ask(3, 'a')]).toEqual([[], [], []])
    expect(ask(4, 'a')).toEqual([[2, 'max']])
    expect(ask(5, 'c', 1)).toEqual([[3, 'priority']])
    expect(ask(6, 'a')).toEqual([[4, 'max']])
  })

  it('drops nothing for it while something less urgent stands in the queue', () => {
    const client = { type: 'drop', max: 2, dropFrom: 'head' } as const
    const broker = createBroker<Job, Job>({ budget: false, client, limits: { by: 'tenant', concurrency: 1 } }, 0)
    const ask = (id: number, tenant: string, priority: number): unknown[] => {
      const job = new Job({ id, tenant, user: undefined, cost: 1 }, id)
      job.priority = priority
      broker.ask(job, id)
      return broker.decision.dropped.map(({ entry, reason }) => [entry.task.id, reason])
    }
    broker.askR(new Job({ id: 0, tenant: undefined, user: undefined, cost: 1 }, 0), 0)
    expect([ask(1, 'a', 0), ask(2, 'a', 1), ask(3, 'b', 0)]).toEqual([[], [], []])
    expect(ask(4, 'c', 1)).toEqual([[3, 'priority']])
  })
})
