import { call, definePool, drain, inspect, type PoolOptions, ready, reply, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const spawned = (options: PoolOptions = {}) => {
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('done')
      },
      crash: () => {
        throw new Error('broken')
      },
    },
  })
  return spawnPool(system, Work, 'pool', { size: 1, clock, ...options })
}
const error = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it resolved',
    (reason: { code?: string; message: string }) => `${reason.code}: ${reason.message}`,
  )

describe('ready of a pool that cannot work any more', () => {
  it('rejects after a stop, whether somebody has asked before or not', async () => {
    const pool = spawned()
    await ready(pool)
    stop(pool)
    expect(await error(ready(pool))).toMatch(/^ERR_GENPOOL_STOPPED: "pool" has stopped/)
  })

  it('rejects while it drains, and after it', async () => {
    const pool = spawned()
    const asked = call(pool, { type: 'work', ms: 100 })
    await clock.settle()
    const drained = drain(pool)
    expect(inspect(pool).phase).toBe('draining')
    expect(await error(ready(pool))).toMatch(/^ERR_GENPOOL_STOPPED: "pool" is draining/)
    await clock.advance(100)
    await Promise.all([asked, drained])
    expect(await error(ready(pool))).toMatch(/^ERR_GENPOOL_STOPPED: "pool" has stopped/)
  })

  it('rejects with the cause after the pool has given up', async () => {
    const quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
    const pool = spawned({ restart: { intensity: 0 } })
    await error(call(pool, { type: 'crash' }))
    await clock.settle()
    expect(await error(ready(pool))).toMatch(/gave up: more than 0 .*/)
    quiet.mockRestore()
  })
})
