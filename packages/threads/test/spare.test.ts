import { call, drain, type PoolOptions, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import type Loads from './fixtures/loads'
import { system } from './fixtures/quiet-system'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'loads.ts')

/** A pool of one thread with a spare one, which has loaded the module. */
async function open(options: PoolOptions = {}) {
  const loads = new Int32Array(new SharedArrayBuffer(400))
  const behaviour = threads<typeof Loads>(file, { spare: 1, workerData: loads.buffer })
  const pool = spawnPool(system, behaviour, 'loads', { size: 1, timeout: 50_000, ...options } as PoolOptions)
  await ready(pool)
  await until(() => loads[0] === 2)
  return { pool, loads }
}

describe('a spare thread of a pool with one member', () => {
  it.each([
    ['has died', 'exit', {}],
    ['is stuck', 'loop', { stuckAfter: 50 }],
    ['has run its messages', 'thread', { recycle: { afterMessages: 1, jitter: 0 } }],
  ] as const)('takes over from one that %s, and another spare one is loaded', async (_, type, options) => {
    const { pool, loads } = await open(options)
    const [, first, spare] = loads
    await call(pool, { type }).catch(() => undefined)
    const now = await call(pool, { type: 'thread' })
    expect([now === first, now]).toEqual([false, spare])
    await until(() => Number(loads[0]) >= 3)
    await drain(pool)
  })

  it('stays while a handler fails: its thread goes on', async () => {
    const { pool, loads } = await open()
    for (let i = 0; i < 3; i++) {
      await call(pool, { type: 'fail' }).catch(() => undefined)
      expect(await call(pool, { type: 'thread' })).toBe(loads[1])
    }
    await call(pool, { type: 'exit' }).catch(() => undefined)
    expect(await call(pool, { type: 'thread' })).toBe(loads[2])
    await drain(pool)
  })
})
