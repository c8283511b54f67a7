import { type Broker, createBroker } from '../../src'
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

describe('limits of many keys that come and go', () => {
  const MS = 1_000_000
  const ROUNDS = [0, 1, 2, 3, 4, 5]
  const KEYS = 200
  const of = (key: number, now: number): Job => new Job({ id: key, tenant: `t${key}`, user: `u${key}`, cost: 1 }, now)
  /** Takes what may begin. */
  const taken = (broker: Broker<Job, Job>, now: number): Job[] => {
    const all: Job[] = []
    for (let job = broker.take(now); job !== null; job = broker.take(now)) all.push(job)
    return all
  }
  /** Asks for all keys of a round, half of which were in the round before, and takes what may begin. */
  const served = (broker: Broker<Job, Job>, round: number, now: number): Job[] => {
    for (let key = 0; key < KEYS; key++) broker.ask(of(key + (round * KEYS) / 2, now), now)
    return taken(broker, now)
  }

  it('let each key begin as often as its rate says, no more and no less', () => {
    const rate = { limit: 2, burst: 1, interval: 10, by: 'user' } as const
    const broker = createBroker<Job, Job>({ rate }, 0)
    for (const round of ROUNDS) {
      const now = round * 20 * MS
      const first = served(broker, round, now)
      expect(first).toHaveLength(KEYS)
      expect(served(broker, round, now)).toHaveLength(0)
      for (const job of first) broker.release(job, now)
      expect(broker.limits(now).rate).toMatchObject({ keys: KEYS, waiting: KEYS, opensInMs: 5 })
      broker.timeout(now + 5 * MS)
      const second = taken(broker, now + 5 * MS)
      expect(second).toHaveLength(KEYS)
      for (const job of second) broker.release(job, now + 5 * MS)
    }
  })

  it('let as many of each key run at once as they say', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', concurrency: 1 } }, 0)
    for (const round of ROUNDS) {
      const first = served(broker, round, round)
      expect(first).toHaveLength(KEYS)
      expect(served(broker, round, round)).toHaveLength(0)
      for (const job of first) broker.release(job, round)
      const second = taken(broker, round)
      expect(second).toHaveLength(KEYS)
      for (const job of second) broker.release(job, round)
      expect(broker.limits(round).limits).toMatchObject({ keys: 0, waiting: 0 })
    }
  })
})
