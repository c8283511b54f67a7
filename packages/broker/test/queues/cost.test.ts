import { codelQueue, dropQueue, fairQueue, type Queue, timeoutQueue, Waiting } from '../../src'
import { createQueue, queueOptions } from '../../src/queues/queue-options'
import { LayeredQueue } from '../../src/queues/layered-queue'

let visits = 0

/** Counts every look at a neighbour: what a search through the queue would be made of. */
class Counted extends Waiting {
  constructor(
    sentAt: number,
    readonly user: number,
  ) {
    super(sentAt)
    this.tag = this
    for (const link of ['previous', 'next'] as const) {
      let neighbour = this[link]
      Object.defineProperty(this, link, {
        get: () => (visits++, neighbour),
        set: (value) => (neighbour = value),
      })
    }
  }

  override get subject(): number {
    return this.user
  }
}

function layered(): Queue<Counted> {
  const options = queueOptions.parse({ type: 'codel' })
  return new LayeredQueue<Counted>(options, createQueue<Counted>(options, 0))
}

const queues: readonly (readonly [string, () => Queue<Counted>])[] = [
  ['drop', () => dropQueue({}, 0)],
  ['timeout', () => timeoutQueue({}, 0)],
  ['CoDel', () => codelQueue({}, 0)],
  ['fair', () => fairQueue({ queue: { type: 'codel' } }, 0)],
  ['layered', layered],
]

/** Looks at neighbours per operation, on a queue in which `length` wait. */
function costAt(make: () => Queue<Counted>, length: number): number {
  const queue = make()
  const entries = Array.from({ length }, (_, i) => new Counted(0, i % 50))
  for (const entry of entries) queue.enqueue(entry, 0)
  visits = 0
  let operations = 0
  for (let i = 0; i < 100; i++) {
    queue.enqueue(new Counted(1, i % 50), 1)
    queue.dequeue(1)
    queue.cancel(entries[length - 1 - i], 1)
    queue.remove(entries[(length >> 1) + i]!, 1)
    queue.timeout(1)
    operations += 5
  }
  return visits / operations
}

describe.each(queues)('the %s queue', (_name, make) => {
  it('visits no more requests when fifty times as many wait', () => {
    const few = costAt(make, 400)
    expect(few).toBeLessThan(10)
    expect(costAt(make, 20_000)).toBeLessThanOrEqual(few * 1.05 + 0.1)
  })
})
