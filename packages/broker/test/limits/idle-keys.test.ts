import fc from 'fast-check'
import { type Broker, createBroker } from '../../src'
import { RUNS } from '../laws/runs'
import { Job } from './model'

const MS = 1_000_000

const MANY = [...Array(10_000).keys()]

/** When each key has begun something. */
class Begins {
  readonly #at = new Map<string, number[]>()

  within(user: string, ms: number, now: number): number {
    return (this.#at.get(user) ?? []).filter((at) => at > now - ms * MS).length
  }

  add(user: string, now: number): void {
    this.#at.set(user, [...(this.#at.get(user) ?? []), now])
  }

  keys(ms: number, now: number): number {
    return [...this.#at.keys()].filter((user) => this.within(user, ms, now) > 0).length
  }
}

/** Asks for a member at once; a request that does not get it leaves. */
function begins(broker: Broker<Job, Job>, user: string, now: number): boolean {
  const job = new Job({ id: now, tenant: 'a', user, cost: 1 }, now)
  broker.ask(job, now)
  const taken = broker.take(now)
  if (taken === null) broker.remove(job, now)
  else broker.release(taken, now)
  return taken !== null
}

/** What a function returns until it returns null. */
function* iterate<T>(next: () => T | null): Generator<T> {
  for (let value = next(); value !== null; value = next()) yield value
}

describe('a rate of each of many keys', () => {
  it('counts what a key began, however many others came between', () => {
    const step = fc.record({ user: fc.nat(60), after: fc.nat(3), twice: fc.boolean(), looks: fc.nat(9) })
    const rate = fc.record({ limit: fc.integer({ min: 1, max: 3 }), burst: fc.constantFrom(1, 3) })
    const law = fc.property(rate, rate, fc.array(step, { maxLength: 300 }), (first, second, steps) => {
      const of = ({ limit, burst }: typeof first) => ({
        limit,
        burst: Math.min(limit, burst),
        interval: 60,
        by: 'user',
      })
      const broker = createBroker<Job, Job>({ rate: of(first) }, 0)
      const log = new Begins()
      let rules = of(first)
      let now = 0
      for (const [i, { user, after, twice, looks }] of steps.entries()) {
        if (i === 150) broker.configure({ rate: (rules = of(second)) }, now)
        now += after * MS
        for (let n = 0; n < (twice ? 2 : 1); n++) {
          const share = (rules.interval * rules.burst) / rules.limit
          const fits = log.within(`${user}`, 60, now) < rules.limit && log.within(`${user}`, share, now) < rules.burst
          expect(begins(broker, `${user}`, now)).toBe(fits)
          if (fits) log.add(`${user}`, now)
        }
        // A look forgets what is over: seldom, so that most is forgotten with new begins.
        if (looks === 0) expect(broker.limits(now).rate?.keys).toBe(log.keys(60, now))
      }
    })
    fc.assert(law, { numRuns: RUNS })
  })

  it('counts on after 10 000 other keys, of which most are forgotten', () => {
    const broker = createBroker<Job, Job>({ rate: { limit: 1, interval: 1000, by: 'user' } }, 0)
    expect(MANY.filter((i) => begins(broker, `old ${i}`, 0))).toHaveLength(MANY.length)
    expect(broker.limits(0).rate?.keys).toBe(MANY.length)
    const later = 1000 * MS
    expect(MANY.filter((i) => begins(broker, `new ${i}`, later + i))).toHaveLength(MANY.length)
    expect(MANY.filter((i) => begins(broker, `new ${i}`, later + MANY.length))).toEqual([])
    expect(begins(broker, 'old 1', later + MANY.length)).toBe(true)
    expect(broker.limits(later + MANY.length).rate?.keys).toBe(MANY.length + 1)
  })
})

describe('limits of many keys', () => {
  const limits = { by: 'user', concurrency: 1 } as const
  const jobOf = (user: string, now: number): Job => new Job({ id: now, tenant: 'a', user, cost: 1 }, now)

  it('count what runs of a key while 10 000 others come and go, one by one or all at once', () => {
    const broker = createBroker<Job, Job>({ limits }, 0)
    const held = jobOf('held', 0)
    broker.ask(held, 0)
    expect(broker.take(0)).toBe(held)
    expect(MANY.filter((i) => begins(broker, `other ${i}`, 1))).toHaveLength(MANY.length)
    for (const i of MANY) broker.ask(jobOf(`third ${i}`, 2), 2)
    for (let job = broker.take(2); job !== null; job = broker.take(2)) broker.release(job, 2)
    expect(broker.limits(2).limits).toMatchObject({ keys: 1, waiting: 0 })
    expect(MANY.filter((i) => begins(broker, `other ${i}`, 3))).toHaveLength(MANY.length)
    expect(begins(broker, 'held', 4)).toBe(false)
    broker.release(held, 4)
    expect(begins(broker, 'held', 4)).toBe(true)
  })

  it('count 40 000 that wait or run of one key', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'user', concurrency: 50_000, max: 40_000 } }, 0)
    const jobs = Array.from({ length: 40_001 }, () => jobOf('a', 0))
    for (const job of jobs) broker.ask(job, 0)
    expect(broker.decision.dropped.map(({ reason }) => reason)).toEqual(['max'])
    const taken = [...iterate(() => broker.take(1))]
    expect(taken).toEqual(jobs.slice(0, 40_000))
    expect(broker.limits(1).limits).toMatchObject({ keys: 1, waiting: 0 })
    for (const job of taken) broker.release(job, 2)
    expect(broker.limits(2).limits).toMatchObject({ keys: 0, waiting: 0 })
  })

  it('know of a key for which one waits what ran and began before', () => {
    const rated = createBroker<Job, Job>({ rate: { limit: 2, interval: 10, by: 'user' } }, 0)
    const running = [0, 0].map((now) => jobOf('a', now))
    for (const job of running) rated.ask(job, 0)
    expect(running.map(() => rated.take(0))).toEqual(running)
    rated.ask(jobOf('a', 1), 1)
    expect(rated.take(1)).toBeNull()
    expect(rated.limits(1).rate).toMatchObject({ keys: 1, key: 'a', waiting: 1, running: 2, used: 2 })
    rated.release(running[0] as Job, 2)
    expect(rated.limits(2).rate).toMatchObject({ running: 1, used: 2 })
  })
})
