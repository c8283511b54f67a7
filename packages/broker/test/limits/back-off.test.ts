import { createBroker, dropQueue, type EngineOptions, type Queue } from '../../src'
import { Job } from './model'

const MS = 1_000_000
const job = (id: number, now: number, tenant?: string): Job => new Job({ id, tenant, user: undefined, cost: 1 }, now)

describe('a back-off', () => {
  it('says in its decision when to come back, and matches then', () => {
    const broker = createBroker<Job, Job>({}, 0)
    const [first, member] = [job(1, 0), job(-1, 0)]
    broker.ask(first, 0)
    expect(broker.askR(member, 0)).toBe(first)
    expect(broker.isLimited).toBe(false)
    expect(broker.backOff({ entry: first }, 10 * MS, 1)).toBeUndefined()
    expect(broker.isLimited).toBe(true)
    broker.backOff({ entry: first }, 5 * MS, 2)
    broker.release(first, 3)
    expect(broker.askR(job(-2, 3), 3)).toBeNull()
    const next = job(2, 4)
    expect(broker.ask(next, 4)).toBeNull()
    expect(broker.decision.wakeAt).toBe(10 * MS)
    expect(broker.limits(4)).toMatchObject({ backOff: { waiting: 1, all: true }, rate: undefined, limits: undefined })
    expect(broker.match(10 * MS - 1)).toBeNull()
    broker.timeout(10 * MS)
    expect(broker.match(10 * MS)?.ask).toBe(next)
    expect(broker.limits(10 * MS).backOff).toBeUndefined()
  })

  it('leaves the first place to what comes back, and lets deadlines pass', () => {
    const broker = createBroker<Job, Job>({ client: { type: 'drop', order: 'fifo' } }, 0)
    const [first, late] = [job(1, 0), Object.assign(job(2, 1), { deadline: 5 * MS })]
    broker.ask(first, 0)
    broker.askR(job(-1, 0), 0)
    broker.ask(late, 1)
    broker.ask(job(3, 2), 2)
    broker.backOff({ entry: first }, 10 * MS, 3)
    broker.putBack(first, 4)
    expect(broker.askR(job(-2, 5), 5)).toBeNull()
    broker.timeout(10 * MS)
    expect(broker.match(10 * MS)?.ask).toBe(first)
    expect(broker.take(10 * MS)?.task.id).toBe(3)
    expect(broker.decision.dropped).toMatchObject([{ entry: late, reason: 'expired' }])
  })

  it('holds a key that nothing waits for yet, and forgets it after that', () => {
    const options: EngineOptions = { limits: { by: 'tenant', concurrency: 9 } }
    const broker = createBroker<Job, Job>(options, 0)
    const first = job(1, 0, 'a')
    broker.ask(first, 0)
    broker.askR(job(-1, 0), 0)
    expect(broker.backOff({ entry: first, key: 'z' }, 10 * MS, 1)).toBe('z')
    expect(broker.limits(1).backOff).toMatchObject({ all: false, keys: 1, key: 'z', waiting: 0 })
    broker.configure(options, 2)
    broker.askR(job(-2, 3), 3)
    expect(broker.ask(job(2, 4, 'z'), 4)).toBeNull()
    expect(broker.ask(job(3, 5, 'b'), 5)?.task.id).toBe(-2)
    broker.askR(job(-3, 6), 6)
    expect(broker.decision.wakeAt).toBe(10 * MS)
    broker.timeout(10 * MS)
    const match = broker.match(10 * MS)
    expect(match?.ask.task.id).toBe(2)
    broker.release(match?.ask as Job, 10 * MS)
    expect(broker.limits(10 * MS)).toMatchObject({ backOff: undefined, limits: { keys: 2 } })
  })

  it("works with a user's own queue", () => {
    const own = (now: number, items: readonly Job[]): Queue<Job> => {
      const queue = dropQueue<Job>({}, now)
      for (const item of items) queue.enqueue(item, now)
      return queue
    }
    const broker = createBroker<Job, Job>({ client: own as never }, 0)
    const first = job(1, 0)
    broker.ask(first, 0)
    broker.ask(job(2, 1), 1)
    expect(broker.askR(job(-1, 2), 2)).toBe(first)
    broker.backOff({ entry: first }, 10 * MS, 3)
    expect(broker.askR(job(-2, 4), 4)).toBeNull()
    expect(broker.decision.wakeAt).toBe(10 * MS)
    broker.timeout(10 * MS)
    expect(broker.match(10 * MS)?.ask.task.id).toBe(2)
  })
})
