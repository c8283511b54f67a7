import { call, defineTask, type PoolOptions, type PoolRef, spawnPool } from '@genpool/core'
import { type ActorSystemRef, query as queryOfNact, start, stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'
import { FOR_EVER, leavesTime, repeat } from '../../runtime/test/repeating'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

const Work = defineTask(async (ms: number) => {
  await wait(ms)
  return ms
})
type PoolOf = ReturnType<typeof poolOf>
const poolOf = (options: PoolOptions = {}) => spawnPool(system, Work, 'work', options)

describe('callers that try again as soon as they are refused', () => {
  const query = queryOfNact as unknown as (to: PoolRef, message: unknown, ms: number) => Promise<unknown>
  const ways: Record<
    string,
    { options?: PoolOptions; prepare?: (pool: PoolRef) => void; attempt?: (pool: PoolOf) => Promise<unknown> }
  > = {
    'of a pool that is full': { options: { size: 1, broker: { client: { type: 'drop', max: 1 } } } },
    'of a key that is full': { options: { size: 1, limits: { by: () => 1, concurrency: 1, max: 1 } } },
    'of a pool that is stopped': { prepare: (pool) => stop(pool as never) },
    'for a signal that is aborted': { attempt: (pool) => call(pool, 1, { signal: AbortSignal.abort() }) },
    'for a timeout that is wrong': { attempt: (pool) => call(pool, 1, { timeout: -1 }) },
    'while they share a run': {
      prepare: (pool) => stop(pool as never),
      attempt: (pool) => call(pool, 1, { share: 'same' }),
    },
    'by query': {
      options: { size: 1, broker: { client: { type: 'drop', max: 1 } } },
      attempt: (pool) => query(pool, 1, 1000),
    },
  }

  it.each(Object.entries(ways))('%s leave Node its time for all else', async (_, { options, prepare, attempt }) => {
    const pool = poolOf(options)
    prepare?.(pool as never)
    await leavesTime(() => (attempt === undefined ? call(pool, 1) : attempt(pool)))
  })

  it('are answered, some of them, while the pool is full', async () => {
    const pool = poolOf({ size: 1, broker: { client: { type: 'drop', max: 1 } } })
    const { refused } = await repeat(
      () => call(pool, 1),
      ({ answered }) => answered > 4,
    )
    expect(refused).toBeLessThan(FOR_EVER)
  })

  it('are all told, when more fail at once than are told at once', async () => {
    const pool = poolOf({ size: 1 })
    const calls = Array.from({ length: 5000 }, () => call(pool, 1000).catch((error: { code: string }) => error.code))
    stop(pool as never)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ERR_GENPOOL_STOPPED']))
  })
})
