import { createBroker } from '../../src'
import { Job } from './model'

const jobOf = (id: number, key?: string): Job =>
  Object.assign(new Job({ id, tenant: 'a', user: undefined, cost: 1 }, id), { key })

describe('a limit of a tenant', () => {
  it('counts a request that waited for its own key together with those that came meanwhile', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', concurrency: 1 } }, 0)
    const other = Object.assign(new Job({ id: 0, tenant: 'b', user: undefined, cost: 1 }, 0), { key: 'k' })
    broker.ask(other, 0)
    expect(broker.take(0)).toBe(other)
    // It waits for the key: nothing of its tenant waits or runs now.
    broker.ask(jobOf(1, 'k'), 1)
    const [second, third] = [jobOf(2), jobOf(3)]
    broker.ask(second, 2)
    expect(broker.take(2)).toBe(second)
    broker.release(second, 3)
    broker.ask(third, 3)
    expect(broker.take(3)).toBe(third)
    broker.release(other, 4)
    expect(broker.take(4)).toBeNull()
    expect(broker.limits(4).limits).toMatchObject({ waiting: 1, running: 1 })
  })

  it('has forgotten what was drained', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', concurrency: 1 } }, 0)
    broker.ask(jobOf(0), 0)
    expect(broker.drain(1)).toHaveLength(1)
    expect(broker.limits(1).limits?.keys).toBe(0)
    broker.ask(jobOf(1), 2)
    expect(broker.take(2)?.task.id).toBe(1)
  })
})

describe('a limit of a tenant beside a rate of a user', () => {
  it('counts a request that waited for its user together with those that came meanwhile', () => {
    const MS = 1_000_000
    const rate = { limit: 1, interval: 10, by: 'user' } as const
    const broker = createBroker<Job, Job>({ rate, limits: { by: 'tenant', concurrency: 1 } }, 0)
    const of = (id: number, user: string, tenant = 'a'): Job => new Job({ id, tenant, user, cost: 1 }, id)
    const take = (now: number): number | undefined => broker.take(now)?.task.id
    broker.ask(of(0, 'u', 'b'), 0)
    expect(take(0)).toBe(0)
    // It waits for the rate of its user: nothing of its tenant runs now.
    broker.ask(of(1, 'u'), 1)
    expect(take(1)).toBeUndefined()
    const second = of(2, 'v')
    broker.ask(second, 2)
    expect(take(2)).toBe(2)
    broker.release(second, 3)
    broker.ask(of(3, 'w'), 4)
    expect(take(4)).toBe(3)
    broker.timeout(10 * MS)
    expect(take(10 * MS)).toBeUndefined()
    expect(broker.limits(10 * MS).limits).toMatchObject({ waiting: 1, running: 1 })
  })
})
