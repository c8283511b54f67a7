import { createBroker } from '../../src'
import { Job, type Task } from './model'

const tenantOf = (task: Task) => task.tenant
const limits = { by: tenantOf, max: 5 }

/** A job that counts how often its priority is read. */
function countedJob(looks: { count: number }, tenant: string, priority: number, user?: string): Job {
  const job = new Job({ id: 0, tenant, user, cost: 1 }, 0)
  return Object.defineProperty(job, 'priority', { get: () => (looks.count++, priority) })
}

const others = Array.from({ length: 2000 }, (_, i) => `t${i % 500}`)

describe.each([
  ['in the queue', {}],
  ['parked', { concurrency: 1 }],
  ['in turn', { weight: { acme: 2 } }],
])('"max" of limits, of requests that wait %s', (_, more) => {
  it('looks at what others wait for once, however many urgent requests come', () => {
    const looks = { count: 0 }
    const broker = createBroker<Job, Job>({ limits: { ...limits, ...more } }, 0)
    for (const tenant of others) broker.ask(countedJob(looks, tenant, 0), 0)
    for (let i = 0; i < 5; i++) broker.ask(new Job({ id: i, tenant: 'acme', user: undefined, cost: 1 }, 0), 0)
    looks.count = 0
    for (let i = 1; i <= 200; i++) {
      const urgent = Object.assign(new Job({ id: i, tenant: 'acme', user: undefined, cost: 1 }, 0), { priority: i })
      broker.ask(urgent, 0)
      expect(broker.decision.dropped).toMatchObject([{ reason: 'priority' }])
    }
    expect(looks.count).toBeLessThan(10 * others.length)
  })

  it('looks at what others wait for once, however many keys are full', () => {
    const looks = { count: 0 }
    const broker = createBroker<Job, Job>({ limits: { ...limits, ...more, max: 1 } }, 0)
    const count = 1000
    for (let i = 0; i < count; i++) broker.ask(countedJob(looks, `t${i}`, 0), 0)
    looks.count = 0
    for (let i = 0; i < count; i++) {
      broker.ask(countedJob(looks, `t${i}`, 1), 0)
      expect(broker.decision.dropped).toMatchObject([{ reason: 'priority' }])
    }
    expect(broker.length).toBe(count)
    expect(looks.count).toBeLessThan(100 * count)
  })

  it('looks at nothing while all are as urgent', () => {
    const looks = { count: 0 }
    const broker = createBroker<Job, Job>({ limits: { ...limits, ...more } }, 0)
    for (const tenant of others) broker.ask(countedJob(looks, tenant, 0), 0)
    for (let i = 0; i < 5; i++) broker.ask(new Job({ id: i, tenant: 'acme', user: undefined, cost: 1 }, 0), 0)
    looks.count = 0
    for (let i = 0; i < 200; i++) {
      broker.ask(new Job({ id: i, tenant: 'acme', user: undefined, cost: 1 }, 0), 0)
      expect(broker.decision.dropped).toMatchObject([{ reason: 'max' }])
    }
    expect(looks.count).toBe(0)
  })
})

describe('"max" of limits', () => {
  it('drops the newest of the least urgent', () => {
    const broker = createBroker<Job, Job>({ limits: { by: tenantOf, max: 3 } }, 0)
    const jobs = [1, 0, 0, 2].map((priority, id) =>
      Object.assign(new Job({ id, tenant: 'a', user: undefined, cost: 1 }, id), { priority }),
    )
    for (const job of jobs) broker.ask(job, job.task.id)
    expect(broker.decision.dropped).toMatchObject([{ entry: jobs[2], reason: 'priority' }])
  })
})
