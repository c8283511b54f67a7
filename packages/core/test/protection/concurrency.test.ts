import {
  broadcast,
  call,
  configure,
  definePool,
  drain,
  explain,
  getMembers,
  inspect,
  noReply,
  OptionsError,
  type PoolOptions,
  relearn,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { spawnBroker } from '@genpool/broker'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'

/** A pool that counts how many of its members are at work. */
const spawned = (options: PoolOptions) => {
  const at = { work: 0, most: 0, told: 0 }
  const Worker = definePool({
    calls: {
      work: async ({ ms }: { ms: number }) => {
        at.most = Math.max(at.most, ++at.work)
        await clock.wait(ms)
        at.work--
        return reply('done')
      },
      crash: async () => {
        at.work++
        await new Promise<void>((resolve) => clock.setTimer(clock.now() + NS_PER_MS, resolve))
        at.work--
        throw new Error('no connection')
      },
    },
    handleInfo: () => {
      at.told++
      return noReply()
    },
  })
  const pool = spawnPool(system, Worker, 'pool', { clock, ...options })
  const work = (count: number, ms: number) => {
    const calls = Array.from({ length: count }, () => call(pool, { type: 'work', ms }, { timeout: Infinity }))
    const answers = Promise.all(calls)
    answers.catch(() => undefined)
    return answers
  }
  return { pool, work, at }
}

describe('a limit of how many members work at once', () => {
  it('lets no more members work, and serves all requests', async () => {
    const { pool, work, at } = spawned({ size: 8, concurrency: 3 })
    const answers = work(30, 10)
    await clock.advance(5)
    expect(inspect(pool).members).toEqual({ idle: 5, busy: 3, starting: 0 })
    expect(inspect(pool).concurrency).toEqual({ limit: 3, aside: 5, floorMs: 0 })
    await clock.advance(95)
    expect(await answers).toHaveLength(30)
    expect(at.most).toBe(3)
  })

  it('is off by default', async () => {
    const { pool, work, at } = spawned({ size: 8 })
    expect(inspect(pool).concurrency).toBeUndefined()
    void work(30, 10)
    await clock.advance(5)
    expect(at.work).toBe(8)
  })

  it('does not hold back messages to one member', async () => {
    const { pool, work, at } = spawned({ size: 4, concurrency: 1 })
    void work(4, 10)
    await clock.advance(1)
    broadcast(pool, { type: 'news' })
    await clock.advance(1)
    expect(at.told).toBe(3)
    await clock.advance(10)
    expect([at.told, at.work]).toEqual([4, 1])
  })

  it('gives the place of a member that crashes or ends to another one', async () => {
    const { pool, work, at } = spawned({ size: 4, concurrency: 2 })
    const crashes = [1, 2, 3].map(() => call(pool, { type: 'crash' }).catch((error: { code: string }) => error.code))
    await clock.advance(5)
    expect(await Promise.all(crashes)).toEqual(Array(3).fill('ERR_GENPOOL_CRASHED'))
    const answers = work(20, 10)
    await clock.advance(5)
    expect(at.work).toBe(2)
    resize(pool, 1)
    await clock.advance(10)
    expect(at.work).toBe(1)
    resize(pool, 6)
    await clock.advance(10)
    expect(at.work).toBe(2)
    await clock.advance(200)
    expect(await answers).toHaveLength(20)
  })

  it('gives on the place of a member that is not replaced', async () => {
    const { pool, work } = spawned({
      size: 3,
      concurrency: 1,
      broker: { member: { type: 'timeout', timeout: 50 } },
    })
    await clock.advance(1)
    // The queue of idle members drops the only one that has a place, and it ends.
    configure(pool, { size: { min: 1, max: 3, idle: 1e9 } })
    await clock.advance(60)
    expect(inspect(pool).size).toBe(2)
    const answers = work(2, 10)
    await clock.advance(30)
    expect(await Promise.race([answers, clock.settle()])).toHaveLength(2)
  })

  it('changes while requests wait and members work, and loses no request', async () => {
    const { pool, work, at } = spawned({ size: 8 })
    await clock.advance(1)
    expect(configure(pool, { concurrency: 3 }).map(({ path }) => path)).toEqual(['concurrency'])
    const answers = work(100, 10)
    await clock.advance(5)
    expect(at.work).toBe(3)
    configure(pool, { concurrency: 6 })
    await clock.advance(1)
    expect(at.work).toBe(6)
    configure(pool, { concurrency: 2 })
    await clock.advance(10)
    expect(at.work).toBe(2)
    configure(pool, { concurrency: Infinity })
    await clock.advance(1)
    expect(at.work).toBe(8)
    expect(inspect(pool).concurrency).toBeUndefined()
    configure(pool, { concurrency: 1 })
    await clock.advance(1000)
    expect(await answers).toHaveLength(100)
    await clock.advance(10)
    expect(inspect(pool).members.idle).toBe(8)
  })

  it('is a pause when it is 0', async () => {
    const { pool, work, at } = spawned({ size: 4 })
    await clock.advance(1)
    configure(pool, { concurrency: 0 })
    const answers = work(8, 10)
    await clock.advance(1000)
    expect([at.most, inspect(pool).waiting]).toEqual([0, 8])
    configure(pool, { concurrency: 2 })
    await clock.advance(40)
    expect(await answers).toHaveLength(8)
    expect(at.most).toBe(2)
  })

  it('lets a pool that drains finish what it has, also when it is 0, or becomes 0 then', async () => {
    for (const late of [false, true]) {
      const { pool, work, at } = spawned({ size: 4, concurrency: late ? 1 : 0 })
      await clock.advance(1)
      const answers = work(3, 10)
      await clock.settle()
      const drained = drain(pool)
      if (late) configure(pool, { concurrency: 0 })
      await clock.advance(40)
      expect(await answers).toHaveLength(3)
      expect([at.most, await drained]).toEqual([1, undefined])
    }
  })

  it('holds in a pool that shares its broker', async () => {
    const broker = spawnBroker(system, { clock }, 'broker')
    const { work, at } = spawned({ size: 6, concurrency: 2, broker: broker as never })
    const answers = work(12, 10)
    await clock.advance(5)
    expect(at.work).toBe(2)
    await clock.advance(100)
    expect(await answers).toHaveLength(12)
    expect(at.most).toBe(2)
  })

  it('leaves no request waiting when the pool stops', async () => {
    const { pool, work } = spawned({ size: 6, concurrency: 2 })
    const answers = work(12, 10).catch((error: { code: string }) => error.code)
    await clock.advance(5)
    stop(pool)
    await clock.advance(50)
    expect(await answers).toBe('ERR_GENPOOL_STOPPED')
    expect(getMembers(pool)).toEqual([])
  })
})

describe('a limit that learns, in a pool', () => {
  it('is set by name or by its numbers, and shows what it has learnt', async () => {
    const { pool, work } = spawned({ size: 40, concurrency: 'gradient' })
    void work(5000, 20)
    await clock.advance(10)
    expect(inspect(pool).concurrency).toEqual({ limit: 10, aside: 30, floorMs: 0 })
    await clock.advance(6000)
    const { limit, floorMs } = inspect(pool).concurrency!
    expect(limit).toBeGreaterThanOrEqual(40)
    expect(floorMs).toBe(20)
    configure(pool, { concurrency: { max: 25, probe: 5000 } })
    expect(inspect(pool).concurrency!.limit).toBe(25)
    relearn(pool)
    expect(inspect(pool).concurrency).toMatchObject({ limit: 10, floorMs: 0 })
  })

  it('learns nothing from runs that crash: a backend that fails at once is not a fast one', async () => {
    const { pool, work } = spawned({ size: 40, concurrency: { window: 10 } })
    void work(200, 50)
    await clock.advance(2000)
    const { floorMs } = inspect(pool).concurrency!
    for (let i = 0; i < 500; i++) void call(pool, { type: 'crash' }).catch(() => undefined)
    await clock.advance(2000)
    expect(inspect(pool).outcomes.crashed).toBe(500)
    expect(inspect(pool).concurrency!.floorMs).toBe(floorMs)
  })

  it('bounds an elastic size as its valve: members follow the limit, and none starts needlessly', async () => {
    const { pool, work, at } = spawned({
      state: 'isolated',
      size: { min: 1, max: 30, valve: { type: 'gradient', initial: 4, probe: 1e6 }, idle: 500 },
    })
    void work(6000, 20)
    await clock.advance(150)
    expect(inspect(pool).concurrency!.limit).toBe(4)
    expect(inspect(pool).size).toBe(4)
    await clock.advance(3000)
    const { limit } = inspect(pool).concurrency!
    expect(limit).toBeGreaterThan(15)
    expect(inspect(pool).size).toBe(limit)
    expect(explain(pool).findings[0]).toMatchObject({ finding: 'concurrency', figures: { limit } })
    expect(at.most).toBeLessThanOrEqual(30)
    configure(pool, { size: { valve: 'codel' } })
    expect(inspect(pool).concurrency).toBeUndefined()
  })

  it('can be set only once', () => {
    const size = { min: 1, max: 4, valve: 'gradient' } as const
    expect(() => spawned({ size, concurrency: 3 })).toThrow(OptionsError)
    const { pool } = spawned({ size })
    expect(() => configure(pool, { concurrency: 'gradient' })).toThrow('set only one of them')
    expect(() => configure(pool, { concurrency: { type: 'gradient', min: 4, max: 3 } })).toThrow(OptionsError)
  })
})
