import fc from 'fast-check'
import { createBroker, fairQueue } from '../../src'
import { RUNS } from '../laws/runs'
import { Job } from './model'

/** How many of each key begin in 600 steps, while each has work. In a step all that runs ends, one after the other. */
function served(
  weight: Readonly<Record<string, number>>,
  { size, concurrency }: { size: number; concurrency: number },
) {
  const tenants = Object.keys(weight)
  const broker = createBroker<Job, Job>({ limits: { by: 'tenant', concurrency, weight }, budget: false }, 0)
  const counts = Object.fromEntries(tenants.map((tenant) => [tenant, 0]))
  let id = 0
  for (let n = 0; n < 20; n++) for (const tenant of tenants) broker.ask(jobOf(tenant, id++), 0)
  const take = (now: number): Job[] => {
    const job = broker.take(now)
    if (job === null) return []
    counts[job.task.tenant as string]!++
    broker.ask(jobOf(job.task.tenant as string, id++), now)
    return [job]
  }
  let running = Array.from({ length: size }, () => take(1)).flat()
  for (let now = 2; now <= 600; now++) {
    running = running.flatMap((job) => {
      broker.release(job, now)
      return take(now)
    })
    // What a key has just let go may go to another member.
    while (running.length < Math.min(size, concurrency * tenants.length)) running.push(...take(now))
  }
  return counts
}

const jobOf = (tenant: string, id: number): Job => new Job({ id, tenant, user: undefined, cost: 1 }, id)

/** How many members each key has: by weight, but none more than it may; what it leaves is for the others. */
function shares(weights: readonly number[], { size, concurrency }: { size: number; concurrency: number }): number[] {
  const full = new Set<number>()
  for (;;) {
    const left = size - full.size * concurrency
    const total = weights.reduce((sum, weight, i) => (full.has(i) ? sum : sum + weight), 0)
    const next = weights.map((weight, i) => (full.has(i) ? concurrency : (left * weight) / total))
    const over = next.findIndex((share, i) => !full.has(i) && share > concurrency)
    if (over === -1) return next
    full.add(over)
  }
}

describe('weights of keys', () => {
  it('share the members: a key of weight 3 is served three times as often', () => {
    const queue = fairQueue<Job>({ by: { property: 'tenant' }, weight: { gold: 3 } }, 0)
    for (let id = 0; id < 8; id++) queue.enqueue(jobOf(id % 2 === 0 ? 'gold' : 'free', id), id)
    const order = Array.from({ length: 6 }, () => queue.dequeue(10)?.task.tenant)
    expect(order).toEqual(['gold', 'gold', 'free', 'gold', 'gold', 'free'])
  })

  it('make a fair queue of the queue that the options say', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', weight: (key) => (key === 'gold' ? 2 : 1) } }, 0)
    for (let id = 0; id < 6; id++) broker.ask(jobOf(id < 3 ? 'free' : 'gold', id), id)
    const order = Array.from({ length: 6 }, () => broker.take(10)?.task.tenant)
    expect(order).toEqual(['gold', 'free', 'gold', 'gold', 'free', 'free'])
  })

  it.each(['drop', 'timeout', 'codel'] as const)('give each key a queue of its own of the type %s', (type) => {
    const limits = { by: 'tenant', weight: { gold: 2 } }
    const broker = createBroker<Job, Job>({ client: { type, order: 'fifo', max: 4 }, limits }, 0)
    for (let id = 0; id < 10; id++) broker.ask(jobOf(id < 5 ? 'free' : 'gold', id), id)
    // A bound counts for each key.
    expect(broker.length).toBe(8)
    const order = Array.from({ length: 6 }, () => broker.take(10)?.task.tenant)
    expect(order).toEqual(['gold', 'free', 'gold', 'gold', 'free', 'gold'])
  })

  it.each<[string, () => unknown]>([
    ['throws', () => ([] as unknown[]).at(0)!.toString()],
    ['returns no number', () => NaN],
    ['returns less than 1', () => -5],
    ['returns a promise that rejects', () => Promise.reject(new Error('later'))],
  ])('are 1 if a function %s', (_, weight) => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', weight: weight as () => number } }, 0)
    for (let id = 0; id < 6; id++) broker.ask(jobOf(id < 3 ? 'a' : 'b', id), id)
    const order = Array.from({ length: 6 }, () => broker.take(10)?.task.tenant)
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
  })

  it('let CoDel look at each key alone', () => {
    const limits = { by: 'tenant', weight: {} }
    const client = { type: 'codel', target: 5, interval: 10 } as const
    const broker = createBroker<Job, Job>({ client, limits }, 0)
    const ms = (n: number): number => n * 1e6
    const lost = new Set<string | undefined>()
    const note = (): void => broker.decision.dropped.forEach(({ entry }) => lost.add(entry.task.tenant))
    for (let n = 0; n < 30; n++) broker.ask(jobOf('slow', n), 0)
    for (let n = 1; n < 60; n++) {
      broker.ask(new Job({ id: 100 + n, tenant: 'quick', user: undefined, cost: 1 }, ms(n)), ms(n))
      note()
      for (let turn = 0; turn < 2; turn++) {
        broker.take(ms(n))
        note()
      }
    }
    expect([...lost]).toEqual(['slow'])
  })

  it('are refused with a fair queue by another key, and changed while requests wait', () => {
    const client = { type: 'fair', by: { property: 'user' } } as const
    expect(() => createBroker({ client, limits: { by: 'tenant', weight: { a: 2 } } }, 0)).toThrow('another key')
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', weight: {} } }, 0)
    for (let id = 0; id < 6; id++) broker.ask(jobOf(id % 2 === 0 ? 'a' : 'b', id), id)
    broker.configure({ limits: { by: 'tenant', weight: { b: 2 } } }, 10)
    const order = Array.from({ length: 6 }, () => broker.take(10)?.task.tenant)
    expect(order).toEqual(['a', 'b', 'b', 'a', 'b', 'a'])
  })

  it.each([
    [{ weight: {} }, {}],
    [{}, { weight: {} }],
  ])('come and go while requests wait and keys are passed over: from %j to %j', (before, after) => {
    const by = { property: 'tenant' }
    const queue = fairQueue<Job>({ by, ...before }, 0)
    for (let id = 0; id < 3; id++) queue.enqueue(jobOf(`t${id}`, id), id)
    while (queue.dequeue(10) !== null);
    queue.enqueue(jobOf('t2', 3), 11)
    queue.enqueue(jobOf('t3', 4), 11)
    queue.configure({ type: 'fair', by, ...after }, 12)
    for (let id = 5; id < 9; id++) queue.enqueue(jobOf(`t${id - 5}`, id), 13)
    const order = Array.from({ length: 7 }, () => queue.dequeue(14)?.task.id)
    expect(order).toEqual([3, 4, 5, 6, 7, 8, undefined])
  })

  it('give each key its share within one turn, however many keys have work', () => {
    const weights = fc.array(fc.integer({ min: 4, max: 40 }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 10 }), (quarters, rounds) => {
        const shares = quarters.map((quarter) => quarter / 4)
        const total = shares.reduce((sum, share) => sum + share, 0)
        const weight = Object.fromEntries(shares.map((share, i) => [`t${i}`, share]))
        const queue = fairQueue<Job>({ by: { property: 'tenant' }, weight }, 0)
        let id = 0
        shares.forEach((share, i) => {
          for (let n = 0; n < share * (rounds + 2); n++) queue.enqueue(jobOf(`t${i}`, id++), 0)
        })
        const served = new Map<string, number>()
        for (let n = 0; n < Math.floor(total * rounds); n++) {
          const tenant = queue.dequeue(1)?.task.tenant as string
          served.set(tenant, (served.get(tenant) ?? 0) + 1)
        }
        shares.forEach((share, i) => {
          // A turn serves whole requests: at most one turn and one request too many or too few.
          expect(Math.abs((served.get(`t${i}`) ?? 0) - share * rounds)).toBeLessThanOrEqual(share + 1)
        })
      }),
      { numRuns: RUNS },
    )
  })

  it.each([
    [{ size: 2, concurrency: 1 }, { gold: 1 }, [400, 400, 400]],
    [{ size: 2, concurrency: 1 }, { gold: 3 }, [600, 300, 300]],
    [{ size: 2, concurrency: 1 }, { gold: 100 }, [600, 300, 300]],
    [{ size: 4, concurrency: 2 }, { gold: 3 }, [1200, 600, 600]],
    [{ size: 4, concurrency: 3 }, { gold: 3 }, [1440, 480, 480]],
    [{ size: 4, concurrency: 2 }, { gold: 100 }, [1200, 600, 600]],
  ] as const)('hold for a key that also has as many running as may: %j, %j', (pool, { gold }, expected) => {
    const counts = Object.values(served({ gold, silver: 1, tin: 1 }, pool))
    counts.forEach((count, i) => expect(Math.abs(count - expected[i]!)).toBeLessThanOrEqual(6))
  })

  it('give each key its share of the members, or as many as it may have, whatever the weights and limits', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 })
    const sizes = fc.record({ size: fc.integer({ min: 1, max: 8 }), concurrency: fc.integer({ min: 1, max: 4 }) })
    fc.assert(
      fc.property(weights, sizes, (all, given) => {
        const pool = { ...given, size: Math.min(given.size, given.concurrency * all.length) }
        const counts = Object.values(served(Object.fromEntries(all.map((weight, i) => [`t${i}`, weight])), pool))
        shares(all, pool).forEach((share, i) => {
          // A member that is free while the key is not is given to another.
          expect(Math.abs(counts[i]! - share * 600)).toBeLessThanOrEqual(0.15 * 600 * pool.concurrency + 6)
          all.forEach((other, k) => {
            if (all[i]! >= other) expect(counts[i]).toBeGreaterThanOrEqual(counts[k]! - 2)
          })
        })
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    )
  })

  it('of 1 change nothing: the order is that of a fair queue without weights', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(4)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (plan) => {
        const plain = fairQueue<Job>({ by: { property: 'tenant' } }, 0)
        const weighted = fairQueue<Job>({ by: { property: 'tenant' }, weight: () => 1 }, 0)
        plan.forEach(([adds, tenant], id) => {
          if (adds) for (const queue of [plain, weighted]) queue.enqueue(jobOf(`t${tenant}`, id), id)
          else expect(weighted.dequeue(id)?.task.id).toBe(plain.dequeue(id)?.task.id)
        })
      }),
      { numRuns: RUNS },
    )
  })
})
