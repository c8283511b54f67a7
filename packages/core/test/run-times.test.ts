import { call, cast, definePool, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => stop(system))

/** Handlers that return at once, and compute for `ms`. */
const computing = (name: string) => {
  const Work = definePool({
    init: () => 0,
    calls: {
      work: ({ ms }: { ms: number }) => {
        clock.block(ms)
        return reply(ms)
      },
    },
    casts: {
      note: ({ ms }: { ms: number }) => {
        clock.block(ms)
        return noReply()
      },
    },
  })
  return spawnPool(system, Work, name, { size: 2, clock })
}
type Pool = ReturnType<typeof computing>
/** Work that takes longer than a turn of the event loop. */
const done = async (work: Promise<unknown>): Promise<void> => {
  let isOver = false
  void work.finally(() => (isOver = true))
  while (!isOver) await clock.settle()
}
const oneByOne = (pool: Pool, n: number, ms: (i: number) => number): Promise<void> => {
  const all = async (): Promise<void> => {
    for (let i = 0; i < n; i++) await call(pool, { type: 'work', ms: ms(i) })
  }
  return done(all())
}

describe('the run times that a pool shows', () => {
  it('count calls that come one at a time', async () => {
    const pool = computing('one')
    await oneByOne(pool, 1000, () => 0.001)
    const { run } = inspect(pool)
    expect([run.count, inspect(pool).run.count]).toEqual([1000, 1000])
    expect(run.max).toBe(0.001)
  })

  it('are of all calls, however often one looks', async () => {
    const pool = computing('one')
    for (const n of [1, 1, 62, 3, 100, 63, 64, 1]) {
      const { count } = inspect(pool).run
      await oneByOne(pool, n, () => 0.001)
      expect(inspect(pool).run).toMatchObject({ count: count + n, max: 0.001 })
    }
  })

  it('tell a handler that computes for long from calls that wait', async () => {
    const pool = computing('one')
    await oneByOne(pool, 1000, (i) => (i % 10 === 3 ? 5 : 0.001))
    const { run, sojourn } = inspect(pool)
    expect(run.p50).toBeLessThan(0.01)
    expect([run.p99, run.max]).toEqual([5, 5])
    expect(sojourn.count).toBe(1000)
    expect(sojourn.p99).toBeLessThan(0.1)
  })

  it('count casts that come a few at a time', async () => {
    const pool = computing('one')
    for (let i = 0; i < 100; i++) {
      for (let n = 0; n < 3; n++) cast(pool, { type: 'note', ms: 0.001 })
      await clock.settle()
    }
    expect(inspect(pool).run.count).toBe(300)
  })

  it('count for each pool what its own handlers do', async () => {
    const [quick, slow] = [computing('quick'), computing('slow')]
    for (let i = 0; i < 200; i++) {
      await done(Promise.all([call(quick, { type: 'work', ms: 0.001 }), call(slow, { type: 'work', ms: 1 })]))
    }
    expect(inspect(quick).run.max).toBe(0.001)
    expect(inspect(slow).run.count).toBe(200)
    expect(inspect(slow).run.p50).toBe(1)
  })
})
