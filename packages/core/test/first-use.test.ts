import { call, definePool, inspect, isGenPoolError, ready, reply, spawnPool } from '@genpool/core'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

/* What a pool makes with its first use behaves as if it had been there from the start. */
describe('a pool that was idle', () => {
  let system: ActorSystemRef
  let clock: VirtualClock
  beforeEach(() => {
    system = start()
    clock = virtualClock()
  })
  afterEach(() => stop(system))

  const Slow = definePool({
    init: () => 0,
    calls: {
      work: async (message: { ms: number }) => {
        await new Promise<void>((resolve) => clock.setTimer(clock.now() + message.ms * 1e6, resolve))
        return reply(1)
      },
    },
  })

  it('counts its utilisation from its start, not from its first request', async () => {
    const pool = spawnPool(system, Slow, 'pool', { size: 1, clock })
    await clock.advance(3000)
    const done = call(pool, { type: 'work', ms: 1000 })
    await clock.advance(1000)
    await done
    expect(inspect(pool).utilisation).toBeCloseTo(0.25, 2)
  })

  it('keeps the deadline of its first request', async () => {
    const pool = spawnPool(system, Slow, 'pool', { size: 1, clock })
    await clock.advance(3000)
    const late = call(pool, { type: 'work', ms: 1000 }, { timeout: 100 }).catch((error: unknown) => error)
    await clock.advance(200)
    expect(isGenPoolError(await late, 'ERR_GENPOOL_EXPIRED')).toBe(true)
  })

  it('is ready also for one who asks late, until it stops', async () => {
    const pool = spawnPool(system, Slow, 'pool', { size: 1, clock })
    await clock.advance(3000)
    await expect(ready(pool)).resolves.toBeUndefined()
    stop(pool)
    await expect(ready(pool)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('never is if it stopped before, also for one who asks afterwards', async () => {
    const Never = definePool({ init: () => new Promise<number>(() => undefined), calls: { ask: () => reply(1) } })
    const pool = spawnPool(system, Never, 'pool', { size: 1, clock })
    stop(pool)
    const [first, second] = await Promise.all([1, 2].map(() => ready(pool).catch((error: unknown) => error)))
    expect(isGenPoolError(first, 'ERR_GENPOOL_STOPPED')).toBe(true)
    expect(second).toBe(first)
  })
})
