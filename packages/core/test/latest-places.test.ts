import { spawnBroker } from '@genpool/broker'
import {
  cast,
  definePool,
  getWaiting,
  inspect,
  load,
  noReply,
  onEvent,
  type PoolOptions,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

/** A pool of one member. Each run takes 100 ms, unless it says how long. */
const onePool = async (broker: NonNullable<PoolOptions['broker']>, shared: boolean) => {
  const clock = virtualClock()
  const runs: string[] = []
  const lost: { message: string; waitedMs: number }[] = []
  const Work = definePool({
    casts: {
      work: async ({ name, ms = 100 }: { name: string; ms?: number }) => {
        runs.push(name)
        await clock.wait(ms)
        return noReply()
      },
    },
  })
  const ref = shared ? spawnBroker(system, { clock, ...(broker as object) }, 'broker') : broker
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock, broker: ref })
  watchDeadLetters(pool, ({ error }) => lost.push(error as never))
  await clock.settle()
  const work = (name: string, options: object = {}, ms?: number) =>
    cast(pool, { type: 'work', name, ...(ms === undefined ? {} : { ms }) }, options)
  const latest = (name: string, options: object = {}, ms?: number) => work(name, { latest: name[0], ...options }, ms)
  return { clock, runs, lost, pool, work, latest }
}

describe.each([
  ['its own broker', false],
  ['a shared broker', true],
])('a cast with "latest" that takes a place in the queue of %s', (_title, shared) => {
  it('keeps the place of the one that it replaces, also while one of its key runs', async () => {
    const { clock, runs, work, latest } = await onePool({ client: { type: 'drop' } }, shared)
    latest('a1')
    await clock.advance(10)
    latest('a2')
    await clock.advance(10)
    work('b')
    await clock.advance(10)
    latest('a3')
    await clock.advance(400)
    expect(runs).toEqual(['a1', 'a3', 'b'])
  })

  it.each([{ type: 'drop' } as const, { type: 'fair', by: () => 1 } as const])(
    'is no older than it is, where the newest is served while the oldest runs out of time: %j',
    async (client) => {
      const { clock, runs, work, latest } = await onePool({ client, budget: false }, shared)
      work('busy', {}, 300)
      latest('a1', { timeout: 10_000 })
      await clock.advance(100)
      work('b', { timeout: 10_000 })
      await clock.advance(190)
      latest('a2', { timeout: 150 })
      await clock.advance(400)
      expect(runs).toEqual(['busy', 'a2', 'b'])
    },
  )

  it.each([{ type: 'timeout', timeout: 200 } as const, { type: 'codel', target: 20, interval: 200 } as const])(
    'is not dropped for the age of its place: %j',
    async (client) => {
      const { clock, runs, lost, work, latest } = await onePool({ client, budget: false }, shared)
      work('busy', {}, 1000)
      await clock.settle()
      latest('a1')
      await clock.advance(150)
      latest('a2')
      await clock.advance(1100)
      expect([runs, lost]).toEqual([['busy', 'a2'], []])
    },
  )

  it.each([
    ['while one of its key runs', { type: 'timeout', timeout: 200 }, true],
    ['in a fair queue', { type: 'fair', by: () => 1, queue: { type: 'timeout', timeout: 200 } }, false],
  ] as const)('is dropped for it %s, and says that it has waited for less', async (_where, client, isOfKey) => {
    const { clock, lost, pool, latest, work } = await onePool({ client }, shared)
    const told: number[] = []
    const off = onEvent('genpool:drop', ({ waitedMs }) => told.push(waitedMs), { pool })
    if (isOfKey) latest('a1', {}, 1000)
    else work('busy', {}, 1000)
    await clock.settle()
    latest('a2')
    await clock.advance(150)
    latest('a3')
    await clock.advance(100)
    expect(inspect(pool)).toMatchObject({ outcomes: { replaced: 1, dropped: 1 } })
    expect(lost).toMatchObject([
      {
        reason: 'timeout',
        message: expect.stringContaining('the place that it took over from an older cast of its "latest" was too old'),
      },
    ])
    const [{ waitedMs } = { waitedMs: 0 }] = lost
    expect(waitedMs).toBeGreaterThanOrEqual(50)
    expect(waitedMs).toBeLessThan(60)
    expect(told).toEqual([waitedMs])
    off()
  })

  it('has waited since it came, for "getWaiting"; "load" tells how old its place is', async () => {
    const { clock, pool, work, latest } = await onePool({}, shared)
    work('busy', {}, 1000)
    await clock.settle()
    latest('a1')
    await clock.advance(20)
    work('b')
    await clock.advance(20)
    latest('a2')
    await clock.advance(5)
    expect(getWaiting(pool).oldest).toMatchObject([
      { waitedMs: 25, key: undefined },
      { waitedMs: 5, key: 'a' },
    ])
    expect(load(pool).oldestWaitMs).toBeGreaterThanOrEqual(45)
  })
})
