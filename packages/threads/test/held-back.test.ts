import { call, inspect, pause, type PoolOptions, ready, resume, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type Gates from './fixtures/gates'
import { until } from './fixtures/until'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

/** A pool of one thread that is held by its first message, until the gate is opened, and has room for all others. */
async function held(options: PoolOptions) {
  const gates = new Int32Array(new SharedArrayBuffer(8))
  const behaviour = threads<typeof Gates>(join(__dirname, 'fixtures', 'gates.ts'), {
    prefetch: 64,
    workerData: gates.buffer,
  })
  const pool = spawnPool(system, behaviour, 'gates', { size: 1, timeout: Infinity, ...options })
  await ready(pool)
  const first = call(pool, { type: 'wait', gate: 0, counter: 1 })
  await until(() => Atomics.load(gates, 1) === 1)
  const others = Array.from({ length: 20 }, () => call(pool, { type: 'when' }))
  for (const each of [first, ...others]) each.catch(() => undefined)
  return { pool, first, others, open: () => Atomics.store(gates, 0, 1) }
}

describe('a busy thread that could take messages ahead', () => {
  it('begins none of them while the pool is paused', async () => {
    const { pool, first, others, open } = await held({})
    await until(() => inspect(pool).waiting === 0)
    pause(pool)
    expect(inspect(pool)).toMatchObject({ waiting: 20, members: { busy: 1 } })
    open()
    await first
    await until(() => inspect(pool).members.busy === 0)
    const resumed = performance.timeOrigin + performance.now()
    resume(pool)
    for (const begun of await Promise.all(others)) expect(begun).toBeGreaterThanOrEqual(resumed)
  })

  it('begins no more of them within an interval than its rate', async () => {
    const { first, others, open } = await held({ rate: { limit: 5, interval: 50 } })
    // By then, the rate would have let two more intervals' worth through to the thread.
    const later = performance.now() + 120
    await until(() => performance.now() > later)
    open()
    await first
    const begun = (await Promise.all(others)).sort((a, b) => a - b)
    for (const from of begun) expect(begun.filter((at) => at >= from && at < from + 40).length).toBeLessThanOrEqual(5)
  })
})
