import fc from 'fast-check'
import { createBroker, type BrokerOptions } from '../../src'
import { RUNS } from '../laws/runs'
import { MS, type Party, party } from './party'

describe('requests with a key', () => {
  it('are served one at a time and in order, while requests with other keys pass', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const [a1, a2, a3] = ['a1', 'a2', 'a3'].map((name) => party(name, 0, { key: 'a' })) as [Party, Party, Party]
    const other = party('other')
    for (const each of [a1, a2, a3, other]) broker.ask(each, 0)
    expect(broker.length).toBe(4)
    expect(broker.askR(party('m1'), 1)).toBe(a1)
    expect(broker.askR(party('m2'), 1)).toBe(other)
    expect(broker.askR(party('m3'), 1)).toBeNull()
    expect([broker.length, broker.lengthR]).toEqual([2, 1])
    const match = broker.release(a1, 2)
    expect([match?.ask.name, match?.askR.name]).toEqual(['a2', 'm3'])
    expect(broker.release(a2, 3)).toBeNull()
    expect(broker.askR(party('m1'), 3)).toBe(a3)
    expect(broker.length).toBe(0)
  })

  it('get an idle member at once when the key is free, and are held back otherwise', () => {
    const broker = createBroker<Party, Party>({}, 0)
    broker.askR(party('m1'), 0)
    broker.askR(party('m2'), 0)
    const [first, second] = [party('first', 0, { key: 1 }), party('second', 0, { key: 1 })]
    expect(broker.ask(first, 0)?.name).toBe('m1')
    expect(broker.ask(second, 0)).toBeNull()
    expect([broker.length, broker.lengthR]).toEqual([1, 1])
    expect(broker.ask(party('third', 0), 0)?.name).toBe('m2')
  })

  it('get their old place back: before all requests that were sent later', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const first = party('first', 0, { key: 1 })
    broker.ask(first, 0)
    expect(broker.askR(party('m'), 0)).toBe(first)
    broker.ask(party('x', 1), 1 * MS)
    broker.ask(party('second', 2, { key: 1 }), 2 * MS)
    broker.ask(party('y', 3), 3 * MS)
    broker.release(first, 4 * MS)
    const order = Array.from({ length: 3 }, () => broker.askR(party('m'), 5 * MS)?.name)
    expect(order).toEqual(['x', 'second', 'y'])
  })

  it('let the next one start when the one before gave up, expired or was dropped', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'timeout', timeout: 10 } }, 0)
    const gone = party('gone', 0, { key: 1 })
    const expired = party('expired', 1, { key: 1, deadline: 2 * MS })
    for (const each of [gone, expired, party('old', 1, { key: 1 }), party('young', 9, { key: 1 })]) {
      broker.ask(each, each.sentAt)
    }
    expect(broker.remove(gone, 10 * MS)).toBe(true)
    expect(broker.askR(party('m'), 15 * MS)?.name).toBe('young')
    expect(broker.length).toBe(0)
  })

  it('keep their order while the oldest of them runs out of time', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const [running, oldest, newest] = [
      party('running', 0, { key: 1 }),
      party('oldest', 0, { key: 1, deadline: 100 * MS }),
      party('newest', 80, { key: 1, deadline: 180 * MS }),
    ]
    broker.ask(running, 0)
    expect(broker.askR(party('m'), 0)).toBe(running)
    broker.ask(oldest, 0)
    broker.ask(newest, 80 * MS)
    broker.askR(party('n'), 80 * MS)
    expect(broker.release(running, 90 * MS)?.ask).toBe(oldest)
  })

  it('keep their turn when a finished one is released twice', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const [first, second] = [party('first', 0, { key: 1 }), party('second', 0, { key: 1 })]
    for (const each of [first, second, party('third', 0, { key: 1 })]) broker.ask(each, 0)
    expect(broker.take(0)).toBe(first)
    broker.release(first, 1)
    expect(broker.take(1)).toBe(second)
    broker.release(first, 2)
    expect(broker.take(2)).toBeNull()
    broker.release(second, 3)
    expect(broker.take(3)?.name).toBe('third')
  })

  it('count towards the bound while they are held back', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'drop', max: 2 } }, 0)
    for (const name of ['a', 'b', 'c']) broker.ask(party(name, 0, { key: 1 }), 0)
    expect(broker.length).toBe(2)
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['c', 'max']])
  })

  it('are dropped if a smaller bound has no room for them, though all others of it have begun', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'drop' } }, 0)
    const [running, ...waiting] = [0, 1, 2, 3].map((at) => party(`${at}`, at, { key: 'k' })) as [Party, ...Party[]]
    for (const each of [running, ...waiting]) broker.ask(each, each.sentAt)
    expect(broker.askR(party('m'), 4 * MS)).toBe(running)
    broker.configure({ client: { type: 'drop', max: 1 } }, 5 * MS)
    expect(broker.decision.dropped.map(({ reason }) => reason)).toEqual(['max', 'max'])
    expect([broker.length, waiting.filter(({ list }) => list !== null).length]).toEqual([1, 1])
  })

  it('are dropped by age while they are held back, and wakeAt says when', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'timeout', timeout: 10 } }, 0)
    const first = party('first', 0, { key: 1 })
    broker.ask(first, 0)
    broker.askR(party('m'), 0)
    broker.askR(party('idle'), 0)
    broker.ask(party('second', 0, { key: 1 }), 0)
    expect(broker.decision.wakeAt).toBe(10 * MS)
    broker.timeout(10 * MS)
    expect(broker.decision.dropped.map(({ entry, reason }) => [entry.name, reason])).toEqual([['second', 'timeout']])
    expect(broker.release(first, 11 * MS)).toBeNull()
    expect(broker.ask(party('third', 0, { key: 1 }), 11 * MS)?.name).toBe('idle')
  })

  it('never overlap or change their order, whatever is dropped, removed or released', () => {
    const step = fc.record({
      op: fc.constantFrom('ask', 'ask', 'ask', 'askR', 'askR', 'release', 'release', 'remove', 'time'),
      pick: fc.nat(100),
    })
    const options: BrokerOptions[] = [
      {},
      { client: { type: 'drop', max: 4, dropFrom: 'head' } },
      { client: { type: 'codel', order: 'adaptive', target: 2, interval: 3 } },
      { client: { type: 'timeout', timeout: 6, order: 'lifo' } },
      { client: { type: 'fair', by: 'value' } },
    ]
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(...options), (steps, broker) => {
        new KeyedRun(broker).play(steps)
      }),
      { numRuns: RUNS },
    )
  })
})

/** A broker under random steps, with the books kept of what is being served. */
class KeyedRun {
  readonly #broker
  #now = 0
  #count = 0
  readonly #running = new Map<unknown, Party>()
  readonly #lastServed = new Map<unknown, number>()
  readonly #waiting: Party[] = []

  constructor(options: BrokerOptions) {
    this.#broker = createBroker<Party, Party>(options, 0)
  }

  play(steps: readonly { op: string; pick: number }[]): void {
    for (const { op, pick } of steps) this.#step(op, pick)
    // In the end all keys come free, and everybody who still waits is served.
    for (let left = 200; left > 0 && (this.#running.size > 0 || this.#broker.length > 0); left--) {
      for (const running of [...this.#running.values()]) this.#release(running)
      const request = this.#broker.take(this.#now)
      if (request !== null) this.#serve(request)
    }
    expect([this.#broker.length, this.#running.size]).toEqual([0, 0])
  }

  #step(op: string, pick: number): void {
    if (op === 'ask') {
      const key = pick % 4 === 0 ? undefined : pick % 3
      const request = party(`${this.#count++}`, this.#now / MS, { key, priority: pick % 5 === 0 ? 1 : 0 })
      this.#waiting.push(request)
      if (this.#broker.ask(request, this.#now) !== null) this.#serve(request)
    } else if (op === 'askR') {
      const request = this.#broker.askR(party('member', this.#now / MS), this.#now)
      if (request !== null) this.#serve(request)
    } else if (op === 'release') {
      const running = [...this.#running.values()]
      if (running.length > 0) this.#release(running[pick % running.length]!)
    } else if (op === 'remove') {
      const request = this.#waiting[pick % Math.max(1, this.#waiting.length)]
      if (request !== undefined) this.#broker.remove(request, this.#now)
    } else {
      this.#now += (pick % 8) * MS
      this.#broker.timeout(this.#now)
    }
  }

  #release(request: Party): void {
    this.#running.delete(request.key)
    const match = this.#broker.release(request, this.#now)
    if (match !== null) this.#serve(match.ask)
  }

  #serve(request: Party): void {
    const { key } = request
    if (key === undefined) return
    expect(this.#running.has(key)).toBe(false)
    expect(Number(request.name)).toBeGreaterThan(this.#lastServed.get(key) ?? -1)
    this.#running.set(key, request)
    this.#lastServed.set(key, Number(request.name))
  }
}

describe('a request that is put back', () => {
  const keyed = (name: string, sentAt: number) => party(name, sentAt, { key: 'k' })

  it('keeps the turn of its key', () => {
    const broker = createBroker<Party, Party>({}, 0)
    broker.askR(party('m1'), 0)
    const first = keyed('first', 0)
    expect(broker.ask(first, 0)?.name).toBe('m1')
    expect(broker.ask(keyed('second', 1), 1 * MS)).toBeNull()
    expect(broker.putBack(first, 2 * MS)).toBeNull()
    expect(broker.askR(party('m2', 3), 3 * MS)).toBe(first)
    expect(broker.askR(party('m3', 4), 4 * MS)).toBeNull()
    expect(broker.release(first, 5 * MS)).toMatchObject({ ask: { name: 'second' }, askR: { name: 'm3' } })
  })

  it('goes to a member that waits', () => {
    const broker = createBroker<Party, Party>({}, 0)
    broker.askR(party('m1'), 0)
    broker.askR(party('m2'), 0)
    const first = keyed('first', 0)
    expect(broker.ask(first, 0)?.name).toBe('m1')
    expect(broker.putBack(first, 1 * MS)?.name).toBe('m2')
    expect(broker.ask(keyed('second', 2), 2 * MS)).toBeNull()
    expect(broker.release(first, 3 * MS)).toBeNull()
    expect(broker.askR(party('m3', 4), 4 * MS)?.name).toBe('second')
  })

  it.each(['drop', 'timeout', 'codel', 'fair'] as const)(
    'stands before what was sent later, beyond `max` (%s)',
    (type) => {
      const client: BrokerOptions['client'] =
        type === 'fair' ? { type, by: 'value', queue: { type: 'drop', max: 1 } } : { type, max: 1 }
      const broker = createBroker<Party, Party>({ client }, 0)
      const first = party('first', 0)
      broker.askR(party('m1'), 0)
      expect(broker.ask(first, 0)?.name).toBe('m1')
      expect(broker.ask(party('second', 1), 1 * MS)).toBeNull()
      expect(broker.putBack(first, 2 * MS)).toBeNull()
      expect(broker.decision.dropped).toEqual([])
      expect(broker.length).toBe(2)
      expect(broker.askR(party('m2', 3), 3 * MS)?.name).toBe('first')
      expect(broker.askR(party('m3', 3), 3 * MS)?.name).toBe('second')
    },
  )

  it('expires as any other', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const first = party('first', 0, { key: 'k', deadline: 5 * MS })
    broker.ask(first, 0)
    expect(broker.askR(party('m1'), 0)).toBe(first)
    broker.ask(keyed('second', 1), 1 * MS)
    broker.putBack(first, 2 * MS)
    expect(broker.askR(party('m2', 6), 6 * MS)?.name).toBe('second')
    expect(broker.decision.dropped).toMatchObject([{ entry: { name: 'first' }, reason: 'expired' }])
  })
})
