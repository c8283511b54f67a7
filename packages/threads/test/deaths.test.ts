import { call, drain, getMembers, idle, inspect, type PoolRef, ready } from '@genpool/core'
import type { ThreadOptions } from '@genpool/threads'
import { stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'
import { failure, poolOf } from './fixtures/faulty-pool'
import { until } from './fixtures/until'

function threadOf(pool: PoolRef<never>): string {
  return getMembers(pool as never)[0]?.name ?? ''
}

describe('a thread that dies', () => {
  const deaths: readonly (readonly [string, Parameters<typeof call>[1], RegExp, ThreadOptions])[] = [
    ['by process.exit', { type: 'exit', code: 3 }, /code 3/, {}],
    ['of an error outside of a handler', { type: 'throwOutside' }, /thrown outside/, {}],
    ['of a rejection that nobody listens to', { type: 'rejectUnheard' }, /nobody listens/, {}],
    ['of memory', { type: 'exhaust' }, /memory/, { resourceLimits: { maxOldGenerationSizeMb: 64 } }],
  ]
  it.each(deaths)('%s fails its call with the cause, and nothing else', async (_, message, cause, options) => {
    const pool = poolOf({}, { prefetch: 8, ...options })
    await ready(pool)
    const before = call(pool, { type: 'echo', value: 'before' })
    const dying = failure(call(pool, message as { type: 'thread' }))
    const after = [1, 2, 3].map((value) => call(pool, { type: 'echo', value }))
    expect(await before).toBe('before')
    const error = await dying
    expect(error.code).toBe('ERR_GENPOOL_CRASHED')
    expect(error.cause.message).toMatch(cause)
    expect(await Promise.all(after)).toEqual([1, 2, 3])
    expect(threadOf(pool as never)).toBe('member-1.2')
  })

  it('in an endless loop is replaced after stuckAfter', async () => {
    const pool = poolOf({ stuckAfter: 200 })
    await ready(pool)
    const stuck = failure(call(pool, { type: 'forever' }))
    const after = call(pool, { type: 'echo', value: 1 })
    const { code, cause } = await stuck
    expect(code).toBe('ERR_GENPOOL_CRASHED')
    expect(cause.message).toContain('200 ms')
    expect(await after).toBe(1)
  })

  it('in an endless loop takes no answer with it that it had made before', async () => {
    const pool = poolOf({ stuckAfter: 200 }, { prefetch: 16 })
    await ready(pool)
    await call(pool, { type: 'echo', value: 0 })
    const long = call(pool, { type: 'spin', ms: 20 })
    const before = [1, 2, 3].map((value) => call(pool, { type: 'echo', value }))
    const stuck = failure(call(pool, { type: 'forever' }))
    const after = [4, 5, 6].map((value) => call(pool, { type: 'echo', value }))
    expect((await stuck).code).toBe('ERR_GENPOOL_CRASHED')
    expect(await Promise.all([...before, ...after])).toEqual([1, 2, 3, 4, 5, 6])
    await long
    expect(threadOf(pool as never)).toBe('member-1.2')
    await idle(pool)
    await drain(pool)
  })

  it('that says more than anybody can hear holds nobody up, and is replaced as well', async () => {
    const pool = poolOf({ stuckAfter: 500 })
    await ready(pool)
    let turns = 0
    const turning = setInterval(() => turns++, 10)
    const stuck = failure(call(pool, { type: 'flood' }, { onProgress: () => undefined }))
    expect((await stuck).code).toBe('ERR_GENPOOL_CRASHED')
    clearInterval(turning)
    expect(turns).toBeGreaterThan(2)
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
  })
})

describe('a message that does not fit the heap of a thread', () => {
  const big = (): unknown => Array.from({ length: 1_500_000 }, (_, i) => ({ i, s: `x${i}` }))
  const small = { resourceLimits: { maxOldGenerationSizeMb: 64 } }

  it('fails after poisonAfter threads, as any other that crashes them, and the pool goes on', async () => {
    const pool = poolOf({ poisonAfter: 2, restart: { attempts: 1 } }, small)
    await ready(pool)
    const error = await failure(call(pool, { type: 'echo', value: big() }))
    expect(error.code).toBe('ERR_GENPOOL_CRASHED')
    expect(error.cause.message).toMatch(/memory/)
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
    expect(threadOf(pool as never)).toBe('member-1.3')
    expect(inspect(pool).phase).toBe('running')
  })

  it('fails alone: those that were sent with it run', async () => {
    const pool = poolOf({ poisonAfter: 2 }, { prefetch: 8, ...small })
    await ready(pool)
    const before = [1, 2].map((value) => call(pool, { type: 'echo', value }))
    const dying = failure(call(pool, { type: 'echo', value: big() }))
    const after = [3, 4].map((value) => call(pool, { type: 'echo', value }))
    expect((await dying).code).toBe('ERR_GENPOOL_CRASHED')
    expect(await Promise.all([...before, ...after])).toEqual([1, 2, 3, 4])
  })
})

describe('stop', () => {
  it('leaves no thread, not even one in an endless loop whose caller has given up', async () => {
    const beats = new Int32Array(new SharedArrayBuffer(4))
    const pool = poolOf({}, { workerData: beats.buffer })
    await ready(pool)
    const controller = new AbortController()
    const stuck = failure(call(pool, { type: 'forever' }, { signal: controller.signal }))
    await until(() => Atomics.load(beats, 0) !== 0)
    controller.abort()
    await stuck
    stop(pool as never)
    let seen
    do {
      seen = Atomics.load(beats, 0)
      await wait(500)
    } while (Atomics.load(beats, 0) !== seen)
  })
})

describe('an abort', () => {
  it('is seen in the middle of a synchronous loop', async () => {
    const memory = new SharedArrayBuffer(12)
    const pool = poolOf({}, { workerData: memory })
    await ready(pool)
    const controller = new AbortController()
    const looping = failure(call(pool, { type: 'untilAborted' }, { signal: controller.signal }))
    await until(() => Atomics.load(new Int32Array(memory), 2) !== 0)
    controller.abort()
    expect((await looping).code).toBe('ERR_GENPOOL_CANCELLED')
    // The thread is free again, without a restart.
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
    expect(new Int32Array(memory)[1]).toBe(1)
    expect(threadOf(pool as never)).toBe('member-1.1')
  })

  it('by the deadline is seen there, too, and remainingMs counts down', async () => {
    const pool = poolOf()
    await ready(pool)
    expect((await failure(call(pool, { type: 'untilAborted' }, { timeout: 50 }))).code).toBe('ERR_GENPOOL_EXPIRED')
    const [before, after] = (await call(pool, { type: 'spin', ms: 20 }, { timeout: 5_000 })) as [number, number]
    expect(before).toBeLessThanOrEqual(5_000)
    expect(before - after).toBeGreaterThanOrEqual(20)
  })
})
