import { call, cast, defineTask, explain, inspect, onEvent, type PoolOptions, spawnPool } from '@genpool/core'
import { spawnBroker } from '@genpool/broker'
import { clock, system } from '../virtual-system'

const QUEUES: [string, PoolOptions, object][] = [
  ['members that are busy', {}, {}],
  ['a limit of its key', { limits: { by: 'user', concurrency: 1 } }, {}],
  ['a rate', { rate: { limit: 1, interval: 10_000 } }, {}],
  ['the turn of its key', {}, { key: 1 }],
  ['the end of a pause', { paused: true }, {}],
  ['a run that it shares', {}, { share: 1 }],
]

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Writes down which drops of a pool are told, and with what outcome each request ends. */
const watched = (options: PoolOptions) => {
  const worker = defineTask(({ ms }: { ms: number }) => clock.wait(ms))
  const pool = spawnPool(system, worker, 'pool', { clock, size: 1, ...options })
  const told: string[] = []
  ends.push(
    onEvent('genpool:drop', ({ reason }) => told.push(reason), { pool }),
    onEvent('genpool:request:settled', ({ outcome }) => told.push(outcome), { pool }),
  )
  return { pool, told }
}

describe('a deadline that passes in the queue is a drop with the reason "expired"', () => {
  it.each(QUEUES)('of a request that waits for %s', async (_name, options, more) => {
    const { pool, told } = watched(options)
    const busy = call(pool, { user: 1, ms: 100 } as never, 'key' in more ? { key: 1 } : {})
    busy.catch(() => undefined)
    const late = call(pool, { user: 1, ms: 1 } as never, { timeout: 30, ...more })
    const settled = expect(late).rejects.toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: false })
    await clock.advance(40)
    await settled
    expect(told).toEqual(['expired', 'expired'])
    expect(inspect(pool)).toMatchObject({ drops: { expired: 1 }, outcomes: { expired: 1, dropped: 0 } })
  })

  it('of a call that comes with no time left, and of a cast', async () => {
    const { pool, told } = watched({})
    const busy = call(pool, { ms: 100 })
    busy.catch(() => undefined)
    await expect(call(pool, { ms: 1 }, { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    cast(pool, { ms: 1 }, { timeout: 30 })
    await clock.advance(40)
    expect(told).toEqual(['expired', 'expired', 'expired', 'expired'])
    expect(inspect(pool).drops).toEqual({ expired: 2 })
    await clock.advance(100)
    await busy
  })

  it('of each of very many', async () => {
    const { pool, told } = watched({ timeout: 30 })
    const busy = call(pool, { ms: 100 }, { timeout: 1000 })
    busy.catch(() => undefined)
    const all = Array.from({ length: 3000 }, () => call(pool, { ms: 1 }).catch(({ code }) => code))
    await clock.advance(50)
    expect(new Set(await Promise.all(all))).toEqual(new Set(['ERR_GENPOOL_EXPIRED']))
    expect(inspect(pool).drops).toEqual({ expired: 3000 })
    expect(told).toHaveLength(6000)
    await clock.advance(100)
    await busy
  })

  it('at a broker that pools share', async () => {
    const broker = spawnBroker(system, { clock } as never)
    const { pool, told } = watched({ broker } as never)
    const busy = call(pool, { ms: 100 })
    busy.catch(() => undefined)
    await clock.settle()
    const late = expect(call(pool, { ms: 1 }, { timeout: 30 })).rejects.toThrow('still waiting')
    await clock.advance(40)
    await late
    expect(told).toEqual(['expired', 'expired'])
    expect(inspect(pool).drops).toEqual({ expired: 1 })
    await clock.advance(100)
    await busy
  })

  it('but not of one that runs, or whose caller cancels it', async () => {
    const { pool, told } = watched({})
    const running = expect(call(pool, { ms: 100 }, { timeout: 30 })).rejects.toMatchObject({ started: true })
    const controller = new AbortController()
    const left = expect(call(pool, { ms: 1 }, { signal: controller.signal })).rejects.toMatchObject({ started: false })
    controller.abort()
    await clock.advance(40)
    await Promise.all([running, left])
    expect(told).toEqual(['cancelled', 'expired'])
    expect(inspect(pool).drops).toEqual({})
    await clock.advance(100)
  })

  it('which explain tells once', async () => {
    const { pool } = watched({})
    const busy = call(pool, { ms: 100 })
    busy.catch(() => undefined)
    const late = call(pool, { ms: 1 }, { timeout: 30 }).catch(() => undefined)
    const never = call(pool, { ms: 1 }, { timeout: 0 }).catch(() => undefined)
    await clock.advance(40)
    expect(explain(pool).findings).toMatchObject([{ finding: 'expired', figures: { expired: 2, waiting: 2 } }])
    await Promise.all([late, never])
    await clock.advance(100)
    await busy
  })
})
