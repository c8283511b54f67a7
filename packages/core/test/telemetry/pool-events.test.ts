import { call, cast, configure, definePool, drain, inspect, onEvent, reply, resize, spawnPool } from '@genpool/core'
import { spawnBroker } from '@genpool/broker'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { offs, heard, spawned, work } from './heard'

describe('events of a pool', () => {
  it('tell of drops with the facts that callers get', async () => {
    const pool = spawned({ broker: { client: { type: 'drop', max: 1 } } })
    const events = heard('genpool:drop')
    const answers = [work(pool, 10), work(pool, 10), work(pool, 10)]
    await clock.advance(100)
    await Promise.all(answers)
    expect(events).toMatchObject([
      { type: 'work', reason: 'max', waitedMs: 0, queueLength: 1, priority: 0, key: undefined },
    ])
  })

  it('tell of drops at a broker that several pools share, and inspect counts them', async () => {
    const broker = spawnBroker(system, { client: { type: 'drop', max: 1 }, clock }, 'broker')
    const pool = spawned({ broker } as never)
    const events = heard('genpool:drop', pool)
    const answers = [work(pool, 10), work(pool, 10), work(pool, 10)]
    await clock.advance(100)
    await Promise.all(answers)
    expect(events.map(({ reason }) => reason)).toEqual(['max'])
    expect(inspect(pool).drops).toEqual({ max: 1 })
  })

  it('tell of lost messages without a waiting caller', async () => {
    const pool = spawned()
    const events = heard('genpool:dead-letter')
    cast(pool, { type: 'nothing' } as never)
    await clock.settle()
    expect(events).toMatchObject([
      { pool: 'pool', message: { type: 'nothing' }, error: { code: 'ERR_GENPOOL_INVALID' } },
    ])
  })

  it('tell of its life: start, ready, changes, size, drain, stop', async () => {
    const log: unknown[] = []
    for (const name of ['start', 'ready', 'configure', 'drain', 'stop'] as const) {
      offs.push(onEvent(`genpool:pool:${name}`, ({ ref: _, ...event }) => void log.push([name, event])))
    }
    offs.push(onEvent('genpool:size:change', ({ from, to }) => void log.push([from, to])))
    const pool = spawned({ size: 2 })
    resize(pool, 3)
    configure(pool, { timeout: 100 })
    configure(pool, { timeout: 100 })
    const answer = work(pool, 10)
    const drained = drain(pool)
    await clock.advance(50)
    await Promise.all([drained, answer])
    expect(log).toEqual([
      ['start', { pool: 'pool', path: 'pool' }],
      [0, 2],
      ['ready', { pool: 'pool', afterMs: 0 }],
      [2, 3],
      ['configure', { pool: 'pool', changes: [{ path: 'size', from: 2, to: 3 }] }],
      ['configure', { pool: 'pool', changes: [{ path: 'timeout', from: 5000, to: 100 }] }],
      ['drain', { pool: 'pool', waiting: 0, busy: 0 }],
      ['stop', { pool: 'pool', cause: undefined, waiting: 0, busy: 0 }],
    ])
  })

  it('tell how an elastic size follows the load', async () => {
    const events = heard('genpool:size:change')
    const pool = spawned({ size: { min: 0, max: 3, idle: 100 } })
    const answers = Array.from({ length: 40 }, () => work(pool, 20))
    await clock.advance(2000)
    await Promise.all(answers)
    const sizes = [0, ...events.map(({ to }) => to)]
    expect(events.map(({ from }) => from)).toEqual(sizes.slice(0, -1))
    expect(Math.max(...sizes)).toBe(3)
    expect(sizes.at(-1)).toBe(inspect(pool).size)
    expect(sizes.at(-1)).toBe(0)
  })

  it('say why a pool gave up', async () => {
    const events = heard('genpool:pool:stop')
    const fails = heard('genpool:init:fail')
    const Broken = definePool({
      init: (): number => {
        throw new Error('no connection')
      },
      calls: { get: (_msg: object, state) => reply(state) },
    })
    const restart = { attempts: 2, backoff: { min: 100, jitter: 0 } }
    spawnPool(system, Broken, 'shared', { clock, restart })
    spawnPool(system, Broken, 'own', { clock, restart, size: 1, state: 'isolated' })
    await clock.advance(1000)
    expect(events.map(({ pool, cause }) => [pool, (cause as Error).message])).toEqual([
      ['shared', expect.stringContaining('no connection')],
      ['own', expect.stringContaining('no connection')],
    ])
    const of = (pool: string): unknown[] =>
      fails.filter((event) => event.pool === pool).map(({ slot, failures, retryInMs }) => [slot, failures, retryInMs])
    expect(of('shared')).toEqual([
      [0, 1, 100],
      [0, 2, null],
    ])
    expect(of('own')).toEqual([
      [1, 1, 100],
      [1, 2, null],
    ])
  })
})

describe('events of members', () => {
  it('tell of a start, a crash, and the successor', async () => {
    const log: unknown[] = []
    offs.push(
      onEvent('genpool:member:start', ({ member, tookMs }) => void log.push(['start', member, tookMs])),
      onEvent('genpool:member:crash', ({ member, type, cause }) =>
        log.push(['crash', member, type, (cause as Error).message]),
      ),
      onEvent('genpool:member:stop', ({ member, reason, handled, ageMs }) =>
        log.push(['stop', member, (reason as Error).message ?? reason, handled, ageMs]),
      ),
    )
    const Slow = definePool({
      init: async () => {
        await clock.wait(30)
        return 0
      },
      calls: {
        fail: () => {
          throw new Error('no luck')
        },
      },
    })
    const pool = spawnPool(system, Slow, 'slow', { clock, size: 1, state: 'isolated' })
    await clock.advance(50)
    await call(pool, { type: 'fail' }).catch(() => undefined)
    await clock.advance(50)
    stop(pool)
    await clock.settle()
    expect(log).toEqual([
      ['start', 'member-1.1', 30],
      ['crash', 'member-1.1', 'fail', 'no luck'],
      ['stop', 'member-1.1', 'no luck', 1, 50],
      ['start', 'member-1.2', 30],
      ['stop', 'member-1.2', 'shutdown', 0, 50],
    ])
  })

  it('tell of a stuck member', async () => {
    const pool = spawned({ stuckAfter: 100 })
    const stuck = heard('genpool:member:stuck')
    const stops = heard('genpool:member:stop')
    const answer = work(pool, 1e6)
    await clock.advance(150)
    expect(await answer).toBe('ERR_GENPOOL_CRASHED')
    expect(stuck).toHaveLength(1)
    expect(stuck[0]).toMatchObject({ member: 'member-1.1', slot: 1, incarnation: 1, type: 'work' })
    expect(stuck[0]!.ranMs).toBeGreaterThanOrEqual(100)
    expect(stops).toMatchObject([{ member: 'member-1.1', reason: 'stuck' }])
  })
})
