import { call, drain, idle, inspect, type PoolOptions, ready, resize, spawnPool } from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type Tally from './fixtures/tally'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'tally.ts')

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

function poolOf(options: PoolOptions = {}, of: ThreadOptions = {}) {
  return spawnPool(system, threads<typeof Tally>(file, of), 'tally', { size: 2, timeout: 30_000, ...options })
}

describe('a pool of threads under load', () => {
  it('settles each of 10 000 calls, and runs none that was aborted before it began', async () => {
    const memory = new SharedArrayBuffer(8)
    const client = { type: 'timeout', timeout: 30_000, max: 20_000 } as const
    const pool = poolOf({ broker: { client } } as never, { workerData: memory })
    await ready(pool)
    const outcomes = Array.from({ length: 10_000 }, (_, n) => {
      const controller = new AbortController()
      const answer = call(pool, { type: 'count', n }, { signal: controller.signal }).then(
        (value) => (value === n ? 'answered' : 'wrong'),
        (error: { code: string; started: boolean }) => `${error.code} ${error.started ? 'begun' : 'waiting'}`,
      )
      if (n % 10 === 0) setImmediate(() => controller.abort())
      return answer
    })
    const counts = new Map<string, number>()
    for (const outcome of await Promise.all(outcomes)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    const of = (outcome: string): number => counts.get(outcome) ?? 0
    const begunAnyway = of('ERR_GENPOOL_CANCELLED begun')
    expect(of('answered') + begunAnyway + of('ERR_GENPOOL_CANCELLED waiting')).toBe(10_000)
    expect(of('answered')).toBeGreaterThanOrEqual(9_000)
    await idle(pool)
    const ran = new Int32Array(memory)[0] ?? 0
    expect(ran).toBeGreaterThanOrEqual(of('answered'))
    expect(ran).toBeLessThanOrEqual(of('answered') + begunAnyway)
  })

  it('moves what waits behind a long message to a thread that is free, each time', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const pool = poolOf({ callerContext: false }, { prefetch: 16, workerData: words.buffer })
    await until(() => inspect(pool).members.idle === 2)
    for (let round = 0; round < 20; round++) {
      Atomics.store(words, 1, 0)
      const long = call(pool, { type: 'hold' }, { timeout: 60_000 })
      long.catch(() => undefined)
      try {
        const short = Array.from({ length: 40 }, (_, n) => call(pool, { type: 'count', n }, { timeout: 10_000 }))
        expect(await Promise.all(short)).toHaveLength(40)
      } finally {
        Atomics.store(words, 1, 1)
        Atomics.notify(words, 1)
      }
      expect(await long).toBe('held')
    }
  })

  it('has one message ahead until it is known how long they take: an urgent one comes before all others', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const pool = poolOf({ size: 1 }, { workerData: words.buffer })
    await ready(pool)
    const order: string[] = []
    const held = Array.from({ length: 30 }, () => call(pool, { type: 'hold' }).then(() => order.push('held')))
    await until(() => inspect(pool).waiting === 28)
    const urgent = call(pool, { type: 'count', n: 0 }, { priority: 99 }).then(() => order.push('urgent'))
    Atomics.store(words, 1, 1)
    Atomics.notify(words, 1)
    await Promise.all([urgent, ...held])
    expect(order.indexOf('urgent')).toBe(2)
  })

  it('uses all threads for work that takes long', async () => {
    const pool = poolOf({}, { prefetch: 16 })
    await until(() => inspect(pool).members.idle === 2)
    const names = new Set(await Promise.all(Array.from({ length: 8 }, () => call(pool, { type: 'where', ms: 50 }))))
    expect(names.size).toBe(2)
  })

  it('keeps the order of a key', async () => {
    const pool = poolOf()
    const order: number[] = []
    const all = Array.from({ length: 50 }, (_, n) =>
      call(pool, { type: 'count', n }, { key: 'k' }).then((value) => order.push(value)),
    )
    await Promise.all(all)
    expect(order).toEqual([...Array(50).keys()])
  })

  it('shrinks and grows, and drains what it has', async () => {
    const pool = poolOf({ size: 1 })
    await ready(pool)
    const all = Array.from({ length: 20 }, () => call(pool, { type: 'wait', ms: 2 }))
    resize(pool, 2)
    resize(pool, 1)
    const draining = drain(pool)
    expect(await Promise.all(all)).toHaveLength(20)
    await draining
    expect(inspect(pool).phase).toBe('stopped')
  })

  it('lets timers and sockets of a handler go on', async () => {
    const pool = poolOf({ size: 1 })
    expect(await Promise.all([call(pool, { type: 'serve' }), call(pool, { type: 'serve' })])).toEqual([
      'hello',
      'hello',
    ])
  })
})
