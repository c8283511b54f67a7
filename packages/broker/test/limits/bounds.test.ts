import { createBroker } from '../../src'
import { Job } from './model'

const jobOf = (tenant: string, id: number, priority = 0): Job =>
  Object.assign(new Job({ id, tenant, user: undefined, cost: 1 }, id), { priority })
const dropped = ({ decision }: ReturnType<typeof createBroker<Job, Job>>) =>
  decision.dropped.map(({ entry, reason }) => [entry.task.id, reason])

describe('bounds of what waits under limits', () => {
  it('count what a limit holds, and a more urgent request replaces one of the least urgent', () => {
    const broker = createBroker<Job, Job>(
      { client: { type: 'drop', max: 2 }, limits: { by: 'tenant', concurrency: 1 } },
      0,
    )
    broker.ask(jobOf('a', 0), 0)
    expect(broker.take(0)?.task.id).toBe(0)
    for (const id of [1, 2, 3]) broker.ask(jobOf('a', id), id)
    expect([broker.length, dropped(broker)]).toEqual([2, [[3, 'max']]])
    broker.ask(jobOf('b', 4, 1), 4)
    expect([broker.length, dropped(broker)]).toEqual([2, [[1, 'priority']]])
    expect(broker.take(5)?.task.id).toBe(4)
  })

  it('hold for each key, and spare the other keys', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', concurrency: 1, max: 1 } }, 0)
    broker.ask(jobOf('a', 0), 0)
    broker.take(0)
    broker.ask(jobOf('a', 1), 1)
    broker.ask(jobOf('a', 2), 2)
    expect(dropped(broker)).toEqual([[2, 'max']])
    broker.ask(jobOf('a', 3, 1), 3)
    expect(dropped(broker)).toEqual([[1, 'priority']])
    broker.ask(jobOf('b', 4), 4)
    expect([broker.length, dropped(broker)]).toEqual([2, []])
  })

  it('drop by age what a limit holds, and say when', () => {
    const client = { type: 'timeout', timeout: 10 } as const
    const broker = createBroker<Job, Job>({ client, limits: { by: 'tenant', concurrency: 1 } }, 0)
    broker.ask(jobOf('a', 0), 0)
    broker.take(0)
    broker.ask(jobOf('a', 1), 1)
    expect(broker.decision.wakeAt).toBe(10_000_001)
    broker.timeout(10_000_001)
    expect(dropped(broker)).toEqual([[1, 'timeout']])
  })

  it('drop nothing that fits when the options change', () => {
    const client = { type: 'drop', max: 3 } as const
    const broker = createBroker<Job, Job>({ client, limits: { by: 'tenant', concurrency: 1 } }, 0)
    broker.ask(jobOf('a', 0), 0)
    broker.take(0)
    for (const id of [1, 2, 3]) broker.ask(jobOf('a', id), id)
    broker.configure({ client, limits: { by: 'tenant', concurrency: 2 } }, 4)
    expect([broker.length, dropped(broker)]).toEqual([3, []])
    broker.configure({ client: { type: 'drop', max: 2 }, limits: { by: 'tenant', concurrency: 2 } }, 5)
    expect([broker.length, dropped(broker)]).toEqual([2, [[3, 'max']]])
  })
})
