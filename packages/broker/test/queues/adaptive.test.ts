import { codelQueue, dropQueue, type Queue } from '../../src'
import { MS, type Party, party } from '../engine/party'

const named = (queue: Queue<Party>): string[] => queue.decision.dropped.map(({ entry }) => entry.name)

/** Takes out whoever is next at each of these times. */
const served = (queue: Queue<Party>, ...times: number[]): (string | undefined)[] =>
  times.map((ms) => queue.dequeue(ms * MS)?.name)

describe('the adaptive order of a drop queue', () => {
  const queue = dropQueue<Party>({}, 0)
  const wait = (name: string, sentAt: number, patience = 100): void =>
    queue.enqueue(party(name, sentAt, { deadline: (sentAt + patience) * MS }), sentAt * MS)
  afterEach(() => void queue.drain())

  it('serves the oldest while it has half of its time left', () => {
    for (const [name, sentAt] of [['a', 0], ['b', 10], ['c', 20]] as const) wait(name, sentAt) // prettier-ignore
    expect(served(queue, 30, 50, 51)).toEqual(['a', 'b', 'c'])
  })

  it('serves the newest while the oldest runs out of time, and drops nothing', () => {
    for (const [name, sentAt] of [['a', 0], ['b', 10], ['c', 60], ['d', 70]] as const) wait(name, sentAt) // prettier-ignore
    // When all run out of time, the order is as good as any other: the oldest first.
    expect(served(queue, 75, 76, 77, 78, 79)).toEqual(['d', 'c', 'a', 'b', undefined])
    expect(queue.decision.dropped).toEqual([])
  })

  it('serves requests that came together, and requests without a deadline, in order', () => {
    for (const name of ['a', 'b', 'c']) wait(name, 0)
    expect(served(queue, 90, 91, 92)).toEqual(['a', 'b', 'c'])
    wait('d', 0, Infinity)
    wait('e', 5, Infinity)
    expect(served(queue, 1e6, 2e6)).toEqual(['d', 'e'])
  })
})

describe('the adaptive order of a CoDel queue', () => {
  it('drops requests that newer ones have overtaken for an interval, only while it drops', () => {
    const queue = codelQueue<Party>({ order: 'adaptive', target: 10, interval: 100 }, 0)
    for (let ms = 0; ms < 6; ms++) queue.enqueue(party(`p${ms}`, ms), ms * MS)
    // Slow from here: a whole interval in order, whatever the age.
    expect(served(queue, 20, 119)).toEqual(['p0', 'p1'])
    expect(named(queue)).toEqual([])
    // The first drop by the law begins the dropping.
    expect(served(queue, 120)).toEqual(['p3'])
    expect(named(queue)).toEqual(['p2'])
    queue.enqueue(party('n1', 121), 121 * MS)
    queue.enqueue(party('n2', 122), 122 * MS)
    expect(served(queue, 123)).toEqual(['n2'])
    expect(named(queue)).toEqual(['p4', 'p5'])
    expect([...queue].map(({ name }) => name)).toEqual(['n1'])
  })

  it('leaves `min` requests', () => {
    const queue = codelQueue<Party>({ order: 'adaptive', target: 1, interval: 10, min: 2 }, 0)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) queue.enqueue(party(name), 0)
    expect(served(queue, 5, 20)).toEqual(['a', 'c'])
    expect(served(queue, 25)).toEqual(['h'])
    expect([...queue].map(({ name }) => name)).toEqual(['f', 'g'])
  })
})
