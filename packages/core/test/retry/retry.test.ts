import { call, configure, definePool, explain, inspect, map, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'

const spawned = (options: PoolOptions = {}) => {
  const seen = { runs: 0, failures: 0 }
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number }) => {
        seen.runs++
        await clock.wait(msg.ms)
        return reply('done')
      },
      flaky: async () => {
        seen.runs++
        await clock.wait(1)
        if (seen.failures-- > 0) throw new Error('no luck')
        return reply('lucky')
      },
    },
  })
  const pool = spawnPool(system, Work, `pool${Math.random()}`, {
    size: 1,
    clock,
    random: () => 0,
    timeout: 1000,
    broker: { client: { type: 'drop', max: 1 }, budget: false },
    ...options,
  })
  return { seen, pool }
}
type Pool = ReturnType<typeof spawned>['pool']
const outcome = (promise: Promise<string>): Promise<string> => promise.catch((error: { code: string }) => error.code)
/** Fills the member and the queue for `ms` each. */
const fill = (pool: Pool, ms: number): Promise<string>[] =>
  [1, 2].map(() => outcome(call(pool, { type: 'work', ms }, { timeout: Infinity })))

describe('retry', () => {
  it('repeats a dropped call until there is room', async () => {
    const { pool } = spawned()
    fill(pool, 150)
    await clock.advance(1)
    const asked = outcome(call(pool, { type: 'work', ms: 1 }, { retry: { attempts: 5 } }))
    const once = outcome(call(pool, { type: 'work', ms: 1 }))
    await clock.advance(500)
    expect([await asked, await once]).toEqual(['done', 'ERR_GENPOOL_DROPPED'])
    expect(inspect(pool).retries.made).toBeGreaterThan(0)
    expect(clock.timers).toBe(0)
  })

  it.each([
    ['limits that are new', (pool: Pool) => configure(pool, { rate: { limit: 5, cost: 'type' } })],
    [
      'limits whose function throws',
      (pool: Pool) =>
        configure(pool, {
          limits: {
            by: () => {
              throw new Error('no key')
            },
          },
        }),
    ],
  ])('tells of the crash if %s refuse the next try: the call has run', async (_name, change) => {
    const { seen, pool } = spawned({ retryOnCrash: { flaky: 0 } })
    seen.failures = 1
    const retry = { backoff: { min: 30, jitter: 0 } }
    const asked = call(pool, { type: 'flaky' }, { retry }).catch((error: unknown) => error)
    await clock.advance(10)
    change(pool)
    await clock.advance(100)
    expect(await asked).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: new Error('no luck') })
    expect([await outcome(call(pool, { type: 'flaky' }, { retry })), seen.runs]).toEqual(['ERR_GENPOOL_INVALID', 1])
  })

  it('fails with the last error if the event loop was busy until after the deadline', async () => {
    const { pool } = spawned()
    fill(pool, 10_000)
    await clock.advance(1)
    const asked = outcome(
      call(pool, { type: 'work', ms: 1 }, { timeout: 100, retry: { backoff: { min: 60, jitter: 0 } } }),
    )
    await clock.settle()
    clock.block(200)
    await clock.advance(1)
    expect(await asked).toBe('ERR_GENPOOL_DROPPED')
    // One that was never sent is not counted.
    expect(inspect(pool)).toMatchObject({ accepted: 3, retries: { made: 0 }, outcomes: { invalid: 0 } })
  })

  it('gives up after its attempts, with the last error', async () => {
    const { pool } = spawned()
    fill(pool, 10_000)
    await clock.advance(1)
    const asked = outcome(call(pool, { type: 'work', ms: 1 }, { retry: { attempts: 3 } }))
    await clock.advance(500)
    expect(await asked).toBe('ERR_GENPOOL_DROPPED')
    expect(inspect(pool).retries).toEqual({ made: 2, overBudget: 0 })
  })

  it('stays within its deadline, and fails at once if the next try would come after it', async () => {
    const { pool } = spawned()
    fill(pool, 10_000)
    await clock.advance(1)
    const settledAt: number[] = []
    const retry = { attempts: 50, backoff: { min: 40, max: 40 } }
    const asked = outcome(call(pool, { type: 'work', ms: 1 }, { timeout: 100, retry }))
    void asked.then(() => settledAt.push(clock.now() / NS_PER_MS))
    await clock.advance(1000)
    expect(await asked).toBe('ERR_GENPOOL_DROPPED')
    expect(settledAt[0]).toBeLessThanOrEqual(101)
  })

  it('does not repeat what may have run, unless its type may run twice', async () => {
    const retry = { attempts: 4, backoff: { min: 10 } }
    const strict = spawned()
    strict.seen.failures = 1
    const failed = outcome(call(strict.pool, { type: 'flaky' }, { retry }))
    await clock.advance(500)
    expect([await failed, strict.seen.runs]).toEqual(['ERR_GENPOOL_CRASHED', 1])
    const loose = spawned({ retryOnCrash: { flaky: 1 }, poisonAfter: 10 })
    loose.seen.failures = 3
    const done = outcome(call(loose.pool, { type: 'flaky' }, { retry }))
    await clock.advance(500)
    // Once more in place, then once for each try.
    expect([await done, loose.seen.runs, inspect(loose.pool).retries.made]).toEqual(['lucky', 4, 2])
  })

  it('repeats a crash after the wait only, and not at once in place, with retryOnCrash 0', async () => {
    const { pool, seen } = spawned({ retryOnCrash: { flaky: 0 } })
    seen.failures = 1
    const plain = outcome(call(pool, { type: 'flaky' }))
    await clock.advance(10)
    expect([await plain, seen.runs]).toEqual(['ERR_GENPOOL_CRASHED', 1])
    seen.failures = 1
    const retried = outcome(call(pool, { type: 'flaky' }, { retry: { backoff: { min: 100, jitter: 0 } } }))
    await clock.advance(90)
    expect(seen.runs).toBe(2)
    await clock.advance(20)
    expect([await retried, seen.runs]).toEqual(['lucky', 3])
  })

  it('counts the crashes of all tries together: a message is given up after poisonAfter', async () => {
    const { pool, seen } = spawned({ retryOnCrash: { flaky: 1 }, poisonAfter: 3 })
    seen.failures = Infinity
    const asked = outcome(call(pool, { type: 'flaky' }, { retry: { attempts: 9, backoff: { min: 1 } } }))
    await clock.advance(500)
    expect([await asked, seen.runs]).toEqual(['ERR_GENPOOL_CRASHED', 3])
    expect(inspect(pool).deadLetters).toBe(1)
  })

  it('does not repeat an invalid message, a deadline that passed, or an abort', async () => {
    const { pool } = spawned()
    const retry = { attempts: 5, backoff: { min: 1 } }
    const abort = new AbortController()
    const calls = [
      outcome(call(pool, { type: 'nothing' } as never, { retry })),
      outcome(call(pool, { type: 'work', ms: 100 }, { timeout: 10, retry })),
      outcome(call(pool, { type: 'work', ms: 100 }, { signal: abort.signal, retry })),
    ]
    await clock.advance(50)
    abort.abort()
    await clock.advance(500)
    expect(await Promise.all(calls)).toEqual(['ERR_GENPOOL_INVALID', 'ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_CANCELLED'])
    expect(inspect(pool).retries.made).toBe(0)
  })

  it('ends its wait when its signal aborts, or the pool stops', async () => {
    const { pool } = spawned({ timeout: Infinity })
    fill(pool, 10_000)
    await clock.advance(1)
    const retry = { attempts: 5, backoff: { min: 5000 } }
    const abort = new AbortController()
    const cancelled = outcome(call(pool, { type: 'work', ms: 1 }, { signal: abort.signal, retry }))
    await clock.advance(10)
    abort.abort()
    expect(await cancelled).toBe('ERR_GENPOOL_CANCELLED')
    await clock.advance(2000)
    const stopped = outcome(call(pool, { type: 'work', ms: 1 }, { retry }))
    await clock.advance(1)
    stop(pool)
    expect(await stopped).toBe('ERR_GENPOOL_STOPPED')
  })

  it.each(['between two tries', 'in the queue for its second try'])(
    'is cancelled with the reason of its signal, also after a crash: %s',
    async (where) => {
      const { pool, seen } = spawned({ retryOnCrash: { flaky: 0 }, timeout: Infinity })
      seen.failures = Infinity
      const abort = new AbortController()
      const options = { signal: abort.signal, retry: { attempts: 5, backoff: { min: 100, jitter: 0 } } }
      const asked = call(pool, { type: 'flaky' }, options).catch((error: unknown) => error)
      await clock.advance(50)
      if (where !== 'between two tries') {
        void outcome(call(pool, { type: 'work', ms: 5000 }))
        await clock.advance(100)
      }
      const reason = new Error('gone')
      abort.abort(reason)
      await clock.settle()
      expect(await asked).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', started: true, cause: reason })
      expect(await asked).toHaveProperty('message', expect.stringContaining('it had crashed (no luck)'))
      expect(seen.runs).toBe(where === 'between two tries' ? 1 : 2)
      stop(pool)
      await clock.advance(5000)
    },
  )

  it('never makes an overload much worse: a tenth of the calls, and 3 a second', async () => {
    const { pool } = spawned({ timeout: Infinity })
    fill(pool, 1_000_000)
    await clock.advance(1)
    const calls: Promise<string>[] = []
    for (let second = 0; second < 20; second++) {
      for (let n = 0; n < 100; n++) {
        calls.push(outcome(call(pool, { type: 'work', ms: 1 }, { retry: { attempts: 2 } })))
        await clock.advance(10)
      }
    }
    expect(explain(pool).findings.map(({ finding }) => finding)).toContain('retries')
    // The first wait is as long as the error says: until the runs in hand end.
    await clock.advance(3_000_000)
    const { made, overBudget } = inspect(pool).retries
    expect(made).toBeGreaterThan(0.05 * calls.length)
    expect(made).toBeLessThanOrEqual(0.1 * calls.length + 3 * 20)
    expect(overBudget).toBeGreaterThan(1000)
    expect((await Promise.all(calls)).filter((each) => each === 'ERR_GENPOOL_DROPPED').length).toBeGreaterThan(1700)
  })

  it('works for map, too', async () => {
    const { pool } = spawned()
    fill(pool, 50)
    await clock.advance(1)
    const items = [1, 2, 3].map(() => ({ type: 'work', ms: 1 }) as const)
    const all = map(pool, items, { inFlight: 1, retry: { attempts: 9 } }).toArray()
    await clock.advance(900)
    expect(await all).toEqual(['done', 'done', 'done'])
  })

  it('refuses options that cannot be read', async () => {
    const { pool } = spawned()
    const options = {
      retry: {},
      get timeout(): number {
        throw new Error('mine')
      },
    }
    await expect(call(pool, { type: 'work', ms: 1 }, options)).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
  })

  it.each([
    [{ attempts: 0 }, /attempts/],
    [{ tries: 3 }, /tries/],
    [3, /retry/],
    [{ backoff: { min: 5, max: 1 } }, /min/],
  ])('refuses %p', async (retry, text) => {
    const { pool } = spawned()
    await expect(call(pool, { type: 'work', ms: 1 }, { retry: retry as never })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringMatching(text) as unknown,
    })
  })
})

describe('a call with retry that expires in a later try', () => {
  it('is told of its own timeout, and of how long it has waited in all', async () => {
    let runs = 0
    const Work = definePool({
      calls: {
        work: async () => {
          if (++runs === 1) throw new Error('first')
          await clock.wait(5000)
          return reply(1)
        },
      },
    })
    const pool = spawnPool(system, Work, 'late', { clock, size: 1, retryOnCrash: { work: 0 } })
    const error = call(pool, { type: 'work' }, { timeout: 1000, retry: { backoff: { min: 130, jitter: 0 } } }).catch(
      (reason: unknown) => reason,
    )
    await clock.advance(1100)
    const { message, waitedMs } = (await error) as { message: string; waitedMs: number }
    expect(message).toContain('did not answer within 1000 ms')
    expect(waitedMs).toBeGreaterThanOrEqual(1000)
  })
})
