import { call, getState, inspect, type PoolOptions } from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import type { ThreadOptions } from '@genpool/threads'
import { stop } from 'nact'
import { journaled } from './fixtures/late-journal'
import { until } from './fixtures/until'

/** A pool in threads whose commits are written only when `write` is called. */
async function open(options: PoolOptions = {}, threadOptions: ThreadOptions = {}) {
  const opened = await journaled(options, threadOptions)
  opened.holdWrites()
  return opened
}
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

/** Gives a pool a cast that somebody keeps until it is done. Returns what was told of it, and how to end it. */
function send(pool: unknown, message: object) {
  const told: unknown[] = []
  const delivery = { id: 'a', attempt: 1, storedAt: new Date(5), seq: 7, key: undefined }
  const options = { delivery, timeout: 60_000 }
  const running = deliver(pool as never, message, options, (error, runs) => told.push([error, runs]))
  return { told, running }
}

describe('a commit of a thread that is being written', () => {
  it.each(['add', 'next', 'exclusive'] as const)(
    'may count, and its caller is told so at its deadline: %s',
    async (type) => {
      const { pool, write, begun, close } = await open()
      const error = failureOf(call(pool, { type }, { timeout: 1500 }))
      await begun
      expect(await error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true, mayBeCommitted: true })
      expect(getState(pool)).toMatchObject({ n: 0 })
      write()
      expect(await call(pool, { type: 'add' })).toBe(2)
      await close()
    },
  )

  it('may count, and its caller is told so when it aborts', async () => {
    const { pool, store, write, begun } = await open()
    const abort = new AbortController()
    const aborted = failureOf(call(pool, { type: 'add' }, { signal: abort.signal }))
    await begun
    abort.abort()
    expect(await aborted).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', mayBeCommitted: true })
    write()
    while (store.get<{ n: number }>('tally').n === 0) await new Promise((resolve) => setImmediate(resolve))
  })

  it('may count, and its caller is told so when the handler fails it later', async () => {
    const { pool, write, close } = await open()
    const error = await failureOf(call(pool, { type: 'failedLater', n: 1 }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: 'maybe', mayBeCommitted: true })
    expect(String(error)).toContain('no mail')
    write()
    expect(await call(pool, { type: 'add' })).toBe(2)
    await close()
  })

  it('is waited for by a delivered cast that is ended: it is done with it', async () => {
    const { pool, write, begun, close } = await open()
    const { told, running } = send(pool, { type: 'bump' })
    await begun
    running.cancel()
    write()
    await until(() => told.length > 0)
    expect(told).toEqual([[undefined, 1]])
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, cancelled: 0 })
    expect(getState(pool)).toMatchObject({ n: 1 })
    await close()
  })
})

describe('a thread that dies while a commit of it is being written', () => {
  /** The thread ends by itself, after the message before it. */
  const opened = () => open({}, { prefetch: 4 })
  const deadly = { type: 'die', ms: 200 } as const

  it('leaves a call that says that its commit may count', async () => {
    const { pool, begun, write, close } = await opened()
    const [error, dead] = [{ type: 'add' } as const, deadly].map((message) => failureOf(call(pool, message)))
    await begun
    expect(await dead).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: false })
    expect(await error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: 'maybe', mayBeCommitted: true })
    write()
    await until(() => (getState(pool) as { n: number }).n === 1)
    await close()
  })

  it('leaves a delivered cast that is done when its commit is, and does not run again', async () => {
    const { pool, begun, write, close } = await opened()
    const { told, running } = send(pool, { type: 'bump' })
    const dead = failureOf(call(pool, deadly))
    await begun
    await dead
    running.cancel()
    expect(told).toEqual([])
    write()
    await until(() => told.length > 0)
    expect(told).toEqual([[undefined, 1]])
    expect(getState(pool)).toMatchObject({ n: 1 })
    await close()
  })

  it('leaves a delivered cast that has failed if its commit has', async () => {
    const { pool, begun, fail, close } = await opened()
    const { told } = send(pool, { type: 'bump' })
    const dead = failureOf(call(pool, deadly))
    await begun
    await dead
    fail()
    await until(() => told.length > 0)
    expect(told).toMatchObject([[{ code: 'ERR_GENPOOL_NOT_COMMITTED' }, 1]])
    expect(getState(pool)).toMatchObject({ n: 0 })
    await close()
  })
})

describe('a pool in threads that stops while a commit is being written', () => {
  it.each([
    ['is done when its commit is', 'write', [[undefined, 1]]],
    ['has failed if its commit has', 'fail', [[{ code: 'ERR_GENPOOL_NOT_COMMITTED' }, 1]]],
  ] as const)('leaves a delivered cast that %s', async (_, end, outcome) => {
    const { pool, closeEngine, begun, ...writes } = await open()
    const { told } = send(pool, { type: 'bump' })
    await begun
    stop(pool)
    await until(() => inspect(pool).phase === 'stopped')
    expect(told).toEqual([])
    writes[end]()
    await until(() => told.length > 0)
    expect(told).toMatchObject(outcome)
    await closeEngine()
  })
})
