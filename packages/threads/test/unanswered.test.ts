import { call, getState, inspect, type PoolOptions, ready, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { threads } from '@genpool/threads'
import { stop } from 'nact'
import type Shared from './fixtures/shared'
import { file, system, words } from './fixtures/shared-system'
import { until } from './fixtures/until'

async function open(state: NonNullable<PoolOptions['state']>) {
  const pool = spawnPool(system, threads<typeof Shared>(file, { workerData: words.buffer }), 'pool', { size: 1, state })
  await ready(pool)
  await call(pool, { type: 'where' })
  return pool
}
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => error,
  )

describe('a call that a handler in a thread leaves without an answer', () => {
  it.each(['shared', 'isolated'] as const)(
    'says at its deadline whether the handler has committed: %s',
    async (state) => {
      const pool = await open(state)
      const ends = [1, 0].map((n) => failureOf(call(pool, { type: 'unanswered', n }, { timeout: 1000 })))
      const expired = { code: 'ERR_GENPOOL_EXPIRED', started: true }
      expect(await Promise.all(ends)).toMatchObject([
        { ...expired, mayBeCommitted: true, message: expect.stringContaining('its commit was done') },
        { ...expired, mayBeCommitted: false },
      ])
    },
  )

  it.each(['shared', 'isolated'] as const)(
    'says when it is failed later whether the handler has committed: %s',
    async (state) => {
      const pool = await open(state)
      const ends = [1, 0].map((n) => failureOf(call(pool, { type: 'failedLater', n })))
      const crashed = { code: 'ERR_GENPOOL_CRASHED', cause: new Error('no mail') }
      expect(await Promise.all(ends)).toMatchObject([
        { ...crashed, committed: true, mayBeCommitted: true },
        { ...crashed, committed: false, mayBeCommitted: false },
      ])
    },
  )

  it('says so for each message of a batch', async () => {
    const pool = await open('shared')
    const abort = new AbortController()
    const ends = [1, 2, 3].map((n) => failureOf(call(pool, { type: 'noneAnswered', n }, { signal: abort.signal })))
    await call(pool, { type: 'where' })
    abort.abort()
    for (const error of await Promise.all(ends)) expect(error).toMatchObject({ mayBeCommitted: true })
    expect(getState(pool)).toMatchObject({ n: 6 })
  })

  it('says so when it aborts, and when the pool stops', async () => {
    const pool = await open('shared')
    const abort = new AbortController()
    const aborted = failureOf(call(pool, { type: 'unanswered', n: 1 }, { signal: abort.signal }))
    const stopped = failureOf(call(pool, { type: 'unanswered', n: 1 }))
    await call(pool, { type: 'where' })
    abort.abort()
    expect(await aborted).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', mayBeCommitted: true })
    stop(pool)
    expect(await stopped).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', mayBeCommitted: true })
  })

  it.each(['shared', 'isolated'] as const)(
    'expires, also if its deadline passes while the end of its handler is on its way: %s',
    async (state) => {
      const pool = await open(state)
      const end = failureOf(call(pool, { type: 'unanswered', n: 0, ms: 20 }, { timeout: 1000 }))
      await until(() => words[2] === 1)
      for (const late = performance.now() + 1050; performance.now() < late;);
      expect(await end).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true, mayBeCommitted: false })
    },
  )

  it('fails when it aborts after its commit was heard of, and before the end of its handler was', async () => {
    const store = createStore()
    const pool = await open({ type: 'shared', store, key: 'state' })
    const abort = new AbortController()
    const cell = store.cell<unknown>('state', { initial: () => ({}) })
    cell.watch(() => queueMicrotask(() => abort.abort()))
    const end = failureOf(call(pool, { type: 'unanswered', n: 1 }, { signal: abort.signal, timeout: Infinity }))
    expect(await end).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', started: true, mayBeCommitted: true })
    expect(inspect(pool).outcomes).toMatchObject({ cancelled: 1 })
  })

  it.each([
    ['shared', 0],
    ['isolated', 0],
    ['isolated', 1],
  ] as const)('fails when it aborts while the end of its handler is on its way: %s, %d', async (state, n) => {
    const pool = await open(state)
    const abort = new AbortController()
    const end = failureOf(call(pool, { type: 'unanswered', n }, { signal: abort.signal, timeout: Infinity }))
    await new Promise(setImmediate)
    for (const late = performance.now() + 30_000; words[2] !== 1 && performance.now() < late;);
    expect(words[2]).toBe(1)
    for (const late = performance.now() + 100; performance.now() < late;);
    abort.abort()
    expect(await end).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', started: true, mayBeCommitted: n > 0 })
  })
})

describe('a call whose answer stays in its thread, since the next handler does not end', () => {
  it.each(['shared', 'isolated'] as const)('expires a little later: %s', async (state) => {
    const pool = await open(state)
    const send = (blocks: boolean) => call(pool, { type: 'blocking', blocks }, { timeout: blocks ? 60_000 : 500 })
    for (let i = 0; i < 100; i++) await send(false)
    const ends = [send(false), send(false), send(false)].map(failureOf)
    const others = [true, false, false, false, false].map(send).map(failureOf)
    await until(() => words[3] === 1)
    const outcomes = await Promise.all(ends)
    for (const end of outcomes) {
      if (end !== 'answered')
        expect(end).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', mayBeCommitted: state === 'isolated' })
    }
    Atomics.store(words, 3, 2)
    expect(await others[0]).toBe('answered')
  })
})
