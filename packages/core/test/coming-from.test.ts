import {
  call,
  cast,
  definePool,
  defineTask,
  drain,
  idle,
  inspect,
  map,
  pause,
  type PoolOptions,
  reply,
  resize,
  resume,
  spawnPool,
  when,
} from '@genpool/core'
import { clock, system } from './virtual-system'

/*
 * What people come for from p-limit, p-queue and bottleneck: the examples of their READMEs, done with a pool. Each test is named
 * after the words that they use there.
 */

/** A pool that fetches: each site takes 10 ms. Tells what has begun, and how many ran at once. */
const fetching = (options: PoolOptions = {}) => {
  const seen = { begun: [] as string[], running: 0, most: 0, aborted: [] as string[] }
  const fetcher = defineTask(async (site: string, ctx) => {
    seen.begun.push(site)
    seen.most = Math.max(seen.most, ++seen.running)
    ctx.signal.addEventListener('abort', () => seen.aborted.push(site))
    await clock.wait(10)
    seen.running--
    if (site.startsWith('bad')) throw new Error(`cannot fetch ${site}`)
    return `page of ${site}`
  })
  return { seen, pool: spawnPool(system, fetcher, `fetcher${Math.random()}`, { clock, ...options }) }
}
const sites = Array.from({ length: 12 }, (_, n) => `site${n}`)

describe('coming from p-limit', () => {
  it('pLimit(1): only one promise runs at once', async () => {
    const { pool, seen } = fetching({ size: 1 })
    const input = [call(pool, 'foo'), call(pool, 'bar'), call(pool, 'baz')]
    await clock.advance(30)
    expect(await Promise.all(input)).toEqual(['page of foo', 'page of bar', 'page of baz'])
    expect(seen.most).toBe(1)
  })

  it('limit(fn, ...args): any function, given with the call', async () => {
    const run = defineTask(async (fn: () => Promise<number> | number) => fn())
    const limit = spawnPool(system, run, 'limit', { size: 2, clock })
    const input = [1, 2, 3].map((n) =>
      call(limit, async () => {
        await clock.wait(10)
        return n * n
      }),
    )
    await clock.advance(20)
    expect(await Promise.all(input)).toEqual([1, 4, 9])
  })

  it('limit.map(iterable, mapper): in order, so many at once', async () => {
    const { pool, seen } = fetching({ size: 3 })
    const all = map(pool, sites).toArray()
    await clock.advance(100)
    expect(await all).toEqual(sites.map((site) => `page of ${site}`))
    expect(seen.most).toBe(3)
  })

  it('activeCount, pendingCount, concurrency = 10', async () => {
    const { pool } = fetching({ size: 2 })
    for (const site of sites) cast(pool, site)
    await clock.advance(1)
    expect(inspect(pool)).toMatchObject({ waiting: 10, members: { busy: 2 } })
    resize(pool, 10)
    await clock.advance(1)
    expect(inspect(pool)).toMatchObject({ waiting: 2, members: { busy: 10 } })
  })

  it('clearQueue(): what waits is cancelled, what runs ends', async () => {
    const { pool, seen } = fetching({ size: 1 })
    const waiting = new AbortController()
    const first = call(pool, 'first')
    const rest = sites.map((site) => call(pool, site, { signal: waiting.signal }).catch((error: Error) => error.name))
    await clock.advance(1)
    waiting.abort()
    await clock.advance(20)
    expect(await first).toBe('page of first')
    expect(new Set(await Promise.all(rest))).toEqual(new Set(['CancelledError']))
    expect(seen.begun).toEqual(['first'])
  })
})

describe('coming from p-queue', () => {
  it('new PQueue({ concurrency: 1 }), queue.add(…), await queue.onIdle()', async () => {
    const { pool, seen } = fetching({ size: 1 })
    cast(pool, 'one')
    cast(pool, 'two')
    let done = false
    void idle(pool).then(() => (done = true))
    await clock.advance(19)
    expect(done).toBe(false)
    await clock.advance(1)
    expect(done).toBe(true)
    expect(seen.begun).toEqual(['one', 'two'])
  })

  it('priority: greater runs first', async () => {
    const { pool, seen } = fetching({ size: 1, paused: true })
    for (const [site, priority] of [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ] as const)
      cast(pool, site, { priority })
    resume(pool)
    await clock.advance(50)
    expect(seen.begun).toEqual(['c', 'b', 'a'])
  })

  it('autoStart: false, queue.start(), queue.pause(), onPendingZero()', async () => {
    const { pool, seen } = fetching({ size: 2, paused: true })
    for (const site of sites) cast(pool, site)
    await clock.advance(100)
    expect(seen.begun).toEqual([])
    resume(pool)
    await clock.advance(5)
    pause(pool)
    let still = false
    void when(pool, { runningBelow: 1 }).then(() => (still = true))
    await clock.advance(5)
    expect(still).toBe(true)
    expect(inspect(pool)).toMatchObject({ paused: true, waiting: 10 })
  })

  it('onSizeLessThan(limit): a producer waits for room', async () => {
    const { pool } = fetching({ size: 2 })
    let most = 0
    const produced = (async () => {
      for (const site of sites) {
        await when(pool, { waitingBelow: 3 })
        cast(pool, site)
        most = Math.max(most, inspect(pool).waiting)
      }
    })()
    await clock.advance(200)
    await produced
    expect(most).toBeLessThanOrEqual(3)
  })

  it('addAll([…]): all results in order, or the first error', async () => {
    const { pool } = fetching({ size: 4 })
    const good = map(pool, ['a', 'b', 'c']).toArray()
    const bad = map(pool, ['a', 'bad', 'c'])
      .toArray()
      .catch((error: { cause: Error }) => error.cause.message)
    await clock.advance(50)
    expect(await good).toEqual(['page of a', 'page of b', 'page of c'])
    expect(await bad).toBe('cannot fetch bad')
  })

  it('add(({ signal }) => …, { signal }) and timeout: the task learns that it is no longer wanted', async () => {
    const { pool, seen } = fetching({ size: 2 })
    const controller = new AbortController()
    const outcomes = [call(pool, 'aborted', { signal: controller.signal }), call(pool, 'late', { timeout: 5 })].map(
      (promise) => promise.catch((error: Error) => error.name),
    )
    await clock.advance(1)
    controller.abort()
    await clock.advance(30)
    expect(await Promise.all(outcomes)).toEqual(['CancelledError', 'ExpiredError'])
    expect(seen.aborted).toEqual(['aborted', 'late'])
  })
})

describe('coming from bottleneck', () => {
  it('new Bottleneck({ maxConcurrent }), limiter.schedule({ priority }, fn)', async () => {
    const { pool, seen } = fetching({ size: 8, concurrency: 2 })
    const all = sites.map((site, n) => call(pool, site, { priority: n === 11 ? 1 : 0 }))
    await clock.advance(100)
    expect(await Promise.all(all)).toHaveLength(12)
    expect(seen.most).toBe(2)
    expect(seen.begun.indexOf('site11')).toBe(2)
  })

  it('highWater with strategy LEAK and OVERFLOW: what there is no room for is dropped, and said so', async () => {
    const { pool } = fetching({ size: 1, broker: { client: { type: 'drop', max: 2 } } })
    const all = sites.map((site) => call(pool, site).catch((error: { code: string }) => error.code))
    await clock.advance(100)
    expect((await Promise.all(all)).filter((each) => each === 'ERR_GENPOOL_DROPPED')).toHaveLength(9)
  })

  it("limiter.on('failed', …) with a retry: what did not run is repeated within its deadline", async () => {
    const { pool } = fetching({ size: 1, broker: { client: { type: 'drop', max: 1 }, budget: false } })
    const all = ['a', 'b', 'c'].map((site) => call(pool, site, { retry: { attempts: 5 } }))
    await clock.advance(1000)
    expect(await Promise.all(all)).toEqual(['page of a', 'page of b', 'page of c'])
  })

  it('new Bottleneck.Group(): one at a time for each key', async () => {
    const { pool, seen } = fetching({ size: 8 })
    const all = sites.map((site, n) => call(pool, site, { key: n % 2 }))
    await clock.advance(100)
    await Promise.all(all)
    expect(seen.most).toBe(2)
  })

  it('limiter.stop({ dropWaitingJobs: false }): ends what there is, takes nothing new', async () => {
    const { pool, seen } = fetching({ size: 2 })
    for (const site of sites) cast(pool, site)
    const drained = drain(pool)
    expect(cast(pool, 'late').ok).toBe(false)
    await clock.advance(100)
    await drained
    expect(seen.begun).toEqual(sites)
  })

  it('wrap(fn) for a class of jobs: types instead of functions', async () => {
    const Jobs = definePool({ calls: { double: (msg: { n: number }) => reply(msg.n * 2) } })
    expect(await call(spawnPool(system, Jobs, 'jobs'), { type: 'double', n: 4 })).toBe(8)
  })
})
