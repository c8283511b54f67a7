import {
  call,
  configure,
  definePool,
  getMembers,
  getOptions,
  getState,
  getWaiting,
  drain,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const take = async (msg: { ms: number; tenant?: string }) => {
  await clock.wait(msg.ms)
  return reply('done')
}
const Work = definePool({ init: () => 0, calls: { slow: take, fast: take } })
const spawned = (options: PoolOptions = {}) => spawnPool(system, Work, 'pool', { size: 2, clock, ...options })
const send = (
  pool: ReturnType<typeof spawned>,
  message: { type: 'slow' | 'fast'; tenant?: string },
  options = {},
): void => {
  void call(pool, { ms: 1000, ...message }, { timeout: Infinity, ...options }).catch(() => undefined)
}

describe('getMembers', () => {
  it('says what each member does, and for how long', async () => {
    const pool = spawned()
    await clock.advance(0)
    send(pool, { type: 'slow' })
    await clock.advance(400)
    send(pool, { type: 'fast' })
    await clock.advance(100)
    expect(getMembers(pool).flatMap(({ doing }) => doing)).toEqual([
      { type: 'slow', forMs: 500 },
      { type: 'fast', forMs: 100 },
    ])
    await clock.advance(1000)
    expect(getMembers(pool).map(({ doing }) => doing)).toEqual([[], []])
  })
})

describe('getWaiting', () => {
  it('is empty while nothing waits', () => {
    expect(getWaiting(spawned())).toEqual({
      count: 0,
      looked: 0,
      oldest: [],
      by: {
        type: { names: 0, most: [] },
        priority: { names: 0, most: [] },
        key: { names: 0, most: [] },
        tenant: undefined,
      },
    })
  })

  it('counts by type, priority and key, and names what has waited longest', async () => {
    const pool = spawned({ paused: true })
    await clock.advance(0)
    send(pool, { type: 'slow' }, { key: 7 })
    await clock.advance(300)
    send(pool, { type: 'fast' }, { priority: 2 })
    send(pool, { type: 'fast' }, { key: 7 })
    const { count, oldest, by } = getWaiting(pool)
    expect(count).toBe(3)
    expect(oldest[0]).toEqual({ type: 'slow', priority: 0, key: '7', waitedMs: 300 })
    expect(oldest).toHaveLength(3)
    expect(by.type.most).toEqual([
      { name: 'fast', count: 2 },
      { name: 'slow', count: 1 },
    ])
    expect(by.priority.most[0]).toEqual({ name: '0', count: 2 })
    expect(by.key).toEqual({ names: 1, most: [{ name: '7', count: 2 }] })
  })

  it('counts by the tenants of a fair queue, and names the ten greatest', async () => {
    const pool = spawned({ paused: true, broker: { client: { type: 'fair', by: { property: 'tenant' } } } })
    await clock.advance(0)
    for (let i = 0; i < 12; i++) send(pool, { type: 'slow', tenant: `t${i}` })
    send(pool, { type: 'slow', tenant: 't11' })
    const { tenant } = getWaiting(pool).by
    expect([tenant?.names, tenant?.most.length, tenant?.most[0]]).toEqual([12, 10, { name: 't11', count: 2 }])
  })

  it('works on a pool that has stopped', () => {
    const pool = spawned()
    stop(pool)
    expect(getWaiting(pool).count).toBe(0)
  })
})

describe('getState', () => {
  const Counter = definePool({
    init: () => 0,
    calls: { count: (_msg, count) => reply('counted', count + 1) },
  })

  it('returns the last state of a pool that was drained or stopped', async () => {
    const drained = spawnPool(system, Counter, 'drained')
    void call(drained, { type: 'count' })
    await drain(drained)
    expect(getState(drained)).toBe(1)
    const stopped = spawnPool(system, Counter, 'stopped')
    await call(stopped, { type: 'count' })
    stop(stopped)
    expect(getState(stopped)).toBe(1)
  })

  it('is an empty list if the pool has stopped and each member had its own', async () => {
    const pool = spawnPool(system, Counter, 'isolated', { state: 'isolated' })
    await drain(pool)
    expect(getState(pool)).toEqual([])
  })

  it('tells that there is none if the pool has stopped before its init was done', () => {
    const Never = definePool({ init: () => new Promise<number>(() => undefined), calls: { get: () => reply(1) } })
    const pool = spawnPool(system, Never, 'never')
    stop(pool)
    expect(() => getState(pool)).toThrow('"never" has stopped')
  })
})

describe('getOptions', () => {
  it('returns the options in force with their defaults, and follows changes', () => {
    const pool = spawned()
    expect(getOptions(pool)).toMatchObject({ size: 2, timeout: 5000, paused: false })
    configure(pool, { size: 3, broker: { client: { type: 'codel', target: 20 } } })
    expect(getOptions(pool)).toMatchObject({ size: 3, broker: { client: { type: 'codel', target: 20 } } })
  })

  it('has the default size of a pool whose options name none', () => {
    expect(getOptions(spawnPool(system, Work, 'other', { clock })).size).toBe(8)
  })
})
