import { call, definePool, getMembers, inspect, type PoolOptions, ready, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'
import { dispatch, query, failure } from './written'

describe('an init that fails', () => {
  /** Each start at its own time, in milliseconds. */
  function failing(options: PoolOptions, succeedsAt = Infinity) {
    const starts: number[] = []
    const Failing = definePool({
      init: () => {
        starts.push(clock.now() / 1e6)
        if (clock.now() / 1e6 < succeedsAt) throw new Error('no database')
        return 'state'
      },
      calls: { get: (_message, state: string) => reply(state) },
    })
    return { starts, pool: spawnPool(system, Failing, 'pool', { clock, ...options }) }
  }
  const backoff = { min: 100, max: 400, jitter: 0 }

  it.each(['shared', 'isolated'] as const)(
    'is retried after min, twice as long each time, up to max (%s)',
    async (state) => {
      const { pool, starts } = failing({ state, size: 1, restart: { attempts: Infinity, backoff } })
      const waiting = failure(call(pool, { type: 'get' }, { timeout: 1590 }))
      await clock.advance(1600)
      expect(starts).toEqual([0, 100, 300, 700, 1100, 1500])
      expect(await waiting).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: false })
    },
  )

  it.each(['shared', 'isolated'] as const)('gives up after `attempts`, with its cause (%s)', async (state) => {
    const { pool, starts } = failing({ state, size: 1, restart: { attempts: 3, backoff } })
    const [waiting, started] = [failure(call(pool, { type: 'get' })), failure(ready(pool))]
    await clock.advance(299)
    expect(starts).toHaveLength(2)
    await clock.advance(2)
    for (const error of [await waiting, await started]) {
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
      expect(error.message).toMatch(/its init failed 3 times in a row: no database/)
    }
    await clock.advance(10_000)
    expect([starts.length, clock.timers]).toEqual([3, 0])
  })

  it.each([
    ['shared', 1],
    ['isolated', 1],
    ['isolated', 20],
  ] as const)('waits for what it needs, however many members there are (%s, %i)', async (state, size) => {
    const { pool, starts } = failing({ state, size, restart: { attempts: 5, backoff } }, 500)
    const waiting = call(pool, { type: 'get' })
    await clock.advance(1000)
    expect(await waiting).toBe('state')
    expect(starts.filter((at) => at < 100)).toHaveLength(state === 'shared' ? 1 : size)
    expect(inspect(pool).members.idle).toBe(size)
  })

  it('waits between min and max less the jitter', async () => {
    const { starts } = failing({
      state: 'isolated',
      size: 1,
      restart: { attempts: Infinity, backoff: { min: 100, max: 100, jitter: 0.5 } },
    })
    await clock.advance(5000)
    const waits = starts.slice(1).map((at, i) => at - starts[i]!)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(50)
    expect(Math.max(...waits)).toBeLessThanOrEqual(100)
    expect(new Set(waits).size).toBeGreaterThan(10)
  })

  it('settles what was sent to the member that could not start', async () => {
    const Failing = definePool({
      init: () => Promise.reject<number>(new Error('no database')),
      handleCall: () => reply(1),
    })
    const pool = spawnPool(system, Failing, 'pool', { clock, state: 'isolated', size: 1, restart: { attempts: 1 } })
    const own = getMembers(pool)[0]!.ref
    const asked = failure(query(own, 'get', 1_000_000))
    dispatch(own, 'hello')
    await clock.settle()
    expect(await asked).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: false })
    expect(inspect(pool)).toMatchObject({ accepted: 2, deadLetters: 1, outcomes: { stopped: 1, invalid: 1 } })
  })
})
