import { createBroker } from '../../src'
import { Job } from './model'

describe('a request with a key of its own, under limits of its tenant', () => {
  const job = (id: number, key?: string): Job =>
    Object.assign(new Job({ id, tenant: 'a', user: undefined, cost: 1 }, id), { key })

  it.each([
    ['where nothing else has to be decided', {}],
    ['where a rate holds too', { rate: { limit: 10, interval: 1 } }],
    ['in a queue that watches the time', { client: { type: 'timeout', timeout: 1000 } }],
  ] as const)('does not pass an older one of the tenant: %s', (_, options) => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', concurrency: 1 }, ...options }, 0)
    broker.ask(job(0), 0)
    broker.ask(job(1), 1)
    broker.ask(job(2, 'k'), 2)
    const begun: number[] = []
    for (let now = 3; now < 6; now++) {
      const next = (broker.askR(job(-now), now) ?? broker.match(now)?.ask) as Job
      begun.push(next.task.id)
      broker.release(next, now)
    }
    expect(begun).toEqual([0, 1, 2])
  })
})
