import { call, type Context, type PoolOptions, spawnPool } from '@genpool/core'
import { dispatch, query } from 'nact'
import { clock, system } from '../virtual-system'

/** The error of a call that has one within 50 ms. */
const failureOf = async (answer: Promise<unknown>): Promise<unknown> => {
  const failed = answer.then(
    () => 'answered',
    (error: unknown) => error,
  )
  await clock.advance(50)
  return failed
}

describe('a call to a plain nact function that is failed by its reply address', () => {
  /** Counts its messages, and fails each but "count": before it returns, or after that. */
  const counts = (state: number | undefined, message: 'count' | 'early' | 'late', ctx: Context) => {
    const { from } = ctx
    if (message === 'count') dispatch(ctx.sender, state)
    else if (message === 'early') from.fail('no')
    else void clock.wait(5).then(() => from.fail('no'))
    return (state ?? 0) + (message === 'count' ? 0 : 1)
  }

  it.each([
    ['early', 'maybe'],
    ['late', true],
  ] as const)('says that its state has changed, or may: "%s"', async (message, committed) => {
    const pool = spawnPool(system, counts, 'counter', { clock })
    expect(await failureOf(call(pool, message))).toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      committed,
      mayBeCommitted: true,
    })
    expect(await query(pool, 'count', 1000)).toBe(1)
  })
})

describe('a call to a plain nact function that ends while that runs', () => {
  const slow = async (state: number | undefined, message: 'count' | 'slow', ctx: Context) => {
    const { sender } = ctx
    if (message === 'slow') await clock.wait(20)
    dispatch(sender, state)
    return (state ?? 0) + (message === 'slow' ? 1 : 0)
  }
  const ends = async (state: 'isolated' | 'shared', options: { timeout?: number; signal?: AbortSignal }) => {
    const pool = spawnPool(system, slow, undefined, { clock, initialState: 0, state } as PoolOptions)
    const error = await failureOf(call(pool, 'slow', options))
    return { error, state: await query(pool, 'count', 1000) }
  }

  it('says that its state changes all the same, if it is its own', async () => {
    const expired = await ends('isolated', { timeout: 10 })
    expect(expired).toMatchObject({
      error: { code: 'ERR_GENPOOL_EXPIRED', started: true, mayBeCommitted: true },
      state: 1,
    })
    expect(String(expired.error)).toContain('a plain nact function keeps what it returns as its state')
    const controller = new AbortController()
    void clock.wait(10).then(() => controller.abort())
    const cancelled = await ends('isolated', { signal: controller.signal })
    expect(cancelled).toMatchObject({ error: { code: 'ERR_GENPOOL_CANCELLED', mayBeCommitted: true }, state: 1 })
  })

  it('says that nothing was committed if the state is shared', async () => {
    const expired = await ends('shared', { timeout: 10 })
    expect(expired).toMatchObject({ error: { code: 'ERR_GENPOOL_EXPIRED', mayBeCommitted: false }, state: 0 })
  })

  it('says that nothing has changed if it has not begun', async () => {
    const pool = spawnPool(system, slow, 'counter', { clock, initialState: 0 } as never)
    const first = call(pool, 'slow')
    const [error] = await Promise.all([failureOf(call(pool, 'slow', { timeout: 10 })), first])
    expect(error).toMatchObject({ started: false, mayBeCommitted: false })
    expect(await query(pool, 'count', 1000)).toBe(1)
  })
})
