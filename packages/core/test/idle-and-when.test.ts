import {
  call,
  cast,
  definePool,
  drain,
  idle,
  inspect,
  noReply,
  pause,
  type PoolOptions,
  type From,
  reply,
  resume,
  spawnPool,
  when,
} from '@genpool/core'
import fc from 'fast-check'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const spawned = (options: PoolOptions = {}) => {
  let from: From | undefined
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('done')
      },
      later: (_msg, _state, ctx) => {
        from = ctx.from
        return noReply()
      },
    },
    casts: {
      note: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
      },
    },
  })
  const pool = spawnPool(system, Work, `pool${Math.random()}`, { size: 2, clock, timeout: Infinity, ...options })
  return { pool, answer: () => from?.reply('late') }
}
/** Whether a promise has settled, and how. */
const watched = (promise: Promise<void>): { state: string } => {
  const seen = { state: 'pending' }
  promise.then(
    () => (seen.state = 'resolved'),
    (error: { code: string }) => (seen.state = error.code),
  )
  return seen
}

describe('idle', () => {
  it('resolves when nothing waits and nothing runs, and at once if that is so already', async () => {
    const { pool } = spawned()
    await idle(pool)
    for (let i = 0; i < 5; i++) cast(pool, { type: 'note', ms: 10 })
    const first = watched(idle(pool))
    await clock.advance(29)
    expect(first.state).toBe('pending')
    await clock.advance(1)
    expect(first.state).toBe('resolved')
    expect(clock.timers).toBe(0)
  })

  it('waits for answers that were promised for later, and for what a pause holds back', async () => {
    const { pool, answer } = spawned()
    void call(pool, { type: 'later' })
    await clock.advance(5)
    const owed = watched(idle(pool))
    await clock.advance(5)
    expect(owed.state).toBe('pending')
    answer()
    await clock.advance(0)
    expect(owed.state).toBe('resolved')
    pause(pool)
    cast(pool, { type: 'note', ms: 1 })
    const held = watched(idle(pool))
    await clock.advance(100)
    expect(held.state).toBe('pending')
    resume(pool)
    await clock.advance(1)
    expect(held.state).toBe('resolved')
  })

  it('resolves when what waits has expired or was cancelled, and before a drained pool stops', async () => {
    const { pool } = spawned({ paused: true })
    const abort = new AbortController()
    void call(pool, { type: 'work', ms: 1 }, { timeout: 10 }).catch(() => undefined)
    void call(pool, { type: 'work', ms: 1 }, { signal: abort.signal }).catch(() => undefined)
    const seen = watched(idle(pool))
    await clock.advance(20)
    expect(seen.state).toBe('pending')
    abort.abort()
    await clock.advance(0)
    expect(seen.state).toBe('resolved')
    cast(pool, { type: 'note', ms: 10 })
    const last = watched(idle(pool))
    const drained = drain(pool)
    await clock.advance(10)
    await drained
    expect(last.state).toBe('resolved')
  })

  it('rejects if the pool stops before, has stopped, or the signal aborts', async () => {
    const { pool } = spawned()
    cast(pool, { type: 'note', ms: 10 })
    const abort = new AbortController()
    const cancelled = watched(idle(pool, { signal: abort.signal }))
    const stopped = watched(idle(pool))
    abort.abort()
    await clock.advance(1)
    expect([cancelled.state, stopped.state]).toEqual(['ERR_GENPOOL_CANCELLED', 'pending'])
    await expect(idle(pool, { signal: abort.signal })).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    stop(pool)
    await clock.advance(1)
    expect(stopped.state).toBe('ERR_GENPOOL_STOPPED')
    await expect(idle(pool)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('says that a wait has ended, not a request', async () => {
    const { pool } = spawned()
    const { name } = inspect(pool)
    const abort = new AbortController()
    void call(pool, { type: 'work', ms: 1 }).catch(() => undefined)
    const cancelled = idle(pool, { signal: abort.signal }).catch((error: Error) => error.message)
    const stopped = when(pool, { runningBelow: 1 }).catch((error: Error) => error.message)
    abort.abort()
    stop(pool)
    const texts = [await cancelled, await stopped, await idle(pool).catch((error: Error) => error.message)]
    expect(texts).toEqual([
      `The wait for pool "${name}" was cancelled by its signal; the pool goes on.`,
      `"${name}" has stopped, so there is nothing more to wait for.`,
      `"${name}" has stopped, so there is nothing more to wait for.`,
    ])
  })

  it('serves many who wait with one signal, without a warning about listeners', async () => {
    const { pool } = spawned()
    const abort = new AbortController()
    let warned = 0
    const warn = (): void => void warned++
    process.on('warning', warn)
    cast(pool, { type: 'note', ms: 10 })
    const all = Array.from({ length: 50 }, () => watched(idle(pool, { signal: abort.signal })))
    await clock.advance(10)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warn)
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['resolved']))
    expect(warned).toBe(0)
  })
})

describe('when', () => {
  it('resolves when fewer requests wait, or fewer handlers run', async () => {
    const { pool } = spawned()
    await when(pool, { waitingBelow: 1 })
    for (let i = 0; i < 6; i++) cast(pool, { type: 'note', ms: 10 })
    const few = watched(when(pool, { waitingBelow: 3 }))
    const none = watched(when(pool, { runningBelow: 1 }))
    await clock.advance(9)
    expect(few.state).toBe('pending')
    await clock.advance(1)
    expect([few.state, none.state]).toEqual(['resolved', 'pending'])
    await clock.advance(20)
    expect(none.state).toBe('resolved')
  })

  it('lets a producer keep what waits within its bound', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 }),
        async (bound, times) => {
          const { pool } = spawned()
          let most = 0
          let sent = 0
          const produced = (async () => {
            for (const ms of times) {
              await when(pool, { waitingBelow: bound })
              cast(pool, { type: 'note', ms })
              sent++
              most = Math.max(most, inspect(pool).waiting)
            }
            await idle(pool)
          })()
          await clock.advance(20 * times.length + 20)
          await produced
          expect(sent).toBe(times.length)
          expect(most).toBeLessThanOrEqual(bound)
          expect(inspect(pool)).toMatchObject({ waiting: 0, outcomes: { replied: times.length } })
        },
      ),
      { numRuns: 40 },
    ))

  it.each([
    [{}, /say what to wait for/],
    [{ waitingBelow: 0 }, /waitingBelow/],
    [{ waitingbelow: 1 }, /did you mean "waitingBelow"/],
    [undefined, /conditions of when/],
  ])('refuses the condition %p', async (condition, text) => {
    const { pool } = spawned()
    await expect(when(pool, condition as never)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringMatching(text) as unknown,
    })
  })
})
