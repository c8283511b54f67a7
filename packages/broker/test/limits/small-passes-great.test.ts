import { createBroker, Waiting } from '../../src'

const MS = 1_000_000

class Job extends Waiting {
  constructor(
    readonly cost: number,
    sentAt: number,
    override readonly priority = 0,
  ) {
    super(sentAt)
  }

  override get subject(): unknown {
    return { tenant: 'a', cost: this.cost }
  }
}

/** A broker with ten members that wait; tenant a may begin a cost of 3 within 10 ms. */
function makeBroker(max = Infinity) {
  const broker = createBroker<Job, Waiting>(
    {
      client: { type: 'drop', order: 'fifo', max },
      limits: { by: 'tenant', rate: { limit: 3, interval: 10, cost: 'cost' } },
    },
    0,
  )
  for (let i = 0; i < 10; i++) broker.askR(new Waiting(0), 0)
  return broker
}

/** The requests that begin until `now`. */
function begun(broker: ReturnType<typeof makeBroker>, now: number): Job[] {
  broker.timeout(now)
  const jobs: Job[] = []
  for (let match = broker.match(now); match !== null; match = broker.match(now)) jobs.push(match.ask)
  return jobs
}

describe('a great request that waits for the rate of its key', () => {
  it('lets a more urgent small one pass at once', () => {
    const broker = makeBroker()
    expect(broker.ask(new Job(1, 0), 0)).not.toBeNull()
    broker.ask(new Job(3, 1), 1)
    const urgent = new Job(2, 2, 1)
    expect(broker.ask(urgent, 2) !== null || begun(broker, 2).includes(urgent)).toBe(true)
  })

  it('lets a more urgent small one begin as soon as the rate allows that one', () => {
    const broker = makeBroker()
    broker.ask(new Job(1, 0), 0)
    broker.ask(new Job(2, 5 * MS), 5 * MS)
    broker.ask(new Job(3, 6 * MS), 6 * MS)
    expect(begun(broker, 6 * MS)).toEqual([])
    const urgent = new Job(1, 7 * MS, 1)
    broker.ask(urgent, 7 * MS)
    expect(begun(broker, 7 * MS)).toEqual([])
    expect(broker.decision.wakeAt).toBe(10 * MS)
    expect(begun(broker, 10 * MS)).toEqual([urgent])
  })

  it('no longer delays the others when it is withdrawn', () => {
    const broker = makeBroker()
    broker.ask(new Job(1, 0), 0)
    broker.ask(new Job(2, 5 * MS), 5 * MS)
    const great = new Job(3, 6 * MS)
    const small = new Job(1, 6 * MS)
    broker.ask(great, 6 * MS)
    broker.ask(small, 6 * MS)
    expect(begun(broker, 7 * MS)).toEqual([])
    expect(broker.remove(great, 8 * MS)).toBe(true)
    expect(begun(broker, 9 * MS)).toEqual([])
    expect(broker.decision.wakeAt).toBe(10 * MS)
    expect(begun(broker, 10 * MS)).toEqual([small])
  })

  it('delays nobody after it was withdrawn as the only one', () => {
    const broker = makeBroker()
    broker.ask(new Job(1, 0), 0)
    broker.ask(new Job(2, 5 * MS), 5 * MS)
    const great = new Job(3, 6 * MS)
    broker.ask(great, 6 * MS)
    begun(broker, 6 * MS)
    broker.remove(great, 7 * MS)
    const small = new Job(1, 8 * MS)
    broker.ask(small, 8 * MS)
    expect(begun(broker, 8 * MS)).toEqual([])
    expect(broker.decision.wakeAt).toBe(10 * MS)
    expect(begun(broker, 10 * MS)).toEqual([small])
  })

  it('no longer delays the others when it is dropped for a more urgent one', () => {
    const broker = makeBroker(1)
    broker.ask(new Job(1, 0), 0)
    broker.ask(new Job(2, 5 * MS), 5 * MS)
    const great = new Job(3, 6 * MS)
    broker.ask(great, 6 * MS)
    begun(broker, 6 * MS)
    const urgent = new Job(1, 7 * MS, 1)
    broker.ask(urgent, 7 * MS)
    expect(broker.decision.dropped.map(({ entry }) => entry === great)).toEqual([true])
    expect(begun(broker, 7 * MS)).toEqual([])
    expect(broker.decision.wakeAt).toBe(10 * MS)
    expect(begun(broker, 10 * MS)).toEqual([urgent])
  })
})

describe('a request of a key that comes back', () => {
  it('waits for a more urgent one of its key', () => {
    const broker = createBroker<Job, Waiting>(
      { client: { type: 'drop', order: 'fifo' }, limits: { by: 'tenant', concurrency: 1 } },
      0,
    )
    const first = new Job(1, 0)
    broker.ask(first, 0)
    broker.askR(new Waiting(1), 1)
    broker.askR(new Waiting(2), 2)
    const urgent = new Job(1, 3, 1)
    broker.ask(urgent, 3)
    const returned = broker.putBack(first, 4, true)
    expect(returned).toBeNull()
    expect(begun(broker, 4).map((job) => job === urgent)).toEqual([true])
  })
})
