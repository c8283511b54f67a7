import { call, drain, inspect, ready, resize, spawnPool } from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { join } from 'node:path'
import type Loads from './fixtures/loads'
import { system } from './fixtures/quiet-system'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'loads.ts')

function open(size: number, options: ThreadOptions = {}) {
  const loads = new Int32Array(new SharedArrayBuffer(4000))
  const behaviour = threads<typeof Loads>(file, { workerData: loads.buffer, ...options })
  return { pool: spawnPool(system, behaviour, 'loads', { size, timeout: 50_000 }), loads }
}

describe('a pool of threads that grows and shrinks faster than threads load', () => {
  it('makes no more of them than it has members at most', async () => {
    const { pool, loads } = open(1)
    await ready(pool)
    for (let i = 0; i < 20; i++) {
      resize(pool, 4)
      resize(pool, 1)
    }
    resize(pool, 4)
    await until(() => inspect(pool).members.idle === 4)
    expect(loads[0]).toBe(4)
    await drain(pool)
  })

  it('has begun with no member at all', async () => {
    const { pool, loads } = open(4)
    for (let i = 0; i < 20; i++) {
      resize(pool, 1)
      resize(pool, 4)
    }
    await ready(pool)
    await until(() => loads[0] === 4)
    await drain(pool)
    expect(loads[0]).toBe(4)
  })

  it('keeps those that nobody wants as its spare ones, and no others', async () => {
    const { pool, loads } = open(1, { spare: 1 })
    await ready(pool)
    await until(() => loads[0] === 2)
    resize(pool, 4)
    resize(pool, 1)
    await until(() => loads[0] === 4)
    const [, first] = loads
    expect(await call(pool, { type: 'thread' })).toBe(first)
    await call(pool, { type: 'exit' }).catch(() => undefined)
    expect(Array.from(loads.subarray(2, 5))).toContain(await call(pool, { type: 'thread' }))
    await drain(pool)
  })
})
