import {
  broadcast,
  call,
  cast,
  configure,
  definePool,
  DroppedError,
  type DropReason,
  inspect,
  noReply,
  OptionsError,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { clock, system } from '../virtual-system'

/** A pool before a backend that works, or does not. */
const spawned = (options: PoolOptions, init: () => unknown = () => ({})) => {
  const backend = { works: true, asked: 0 }
  const Caller = definePool({
    init,
    calls: {
      ask: async ({ ms = 1 }: { ms?: number }) => {
        backend.asked++
        const { works } = backend
        await clock.wait(ms)
        if (!works) throw new Error('no connection')
        return reply('answer')
      },
      later: (_msg: object, _state, ctx) => {
        backend.asked++
        void clock.wait(5).then(() => ctx.from.reply('later'))
        return noReply()
      },
      wrong: () => {
        throw new RangeError('no such row')
      },
    },
    casts: {
      tell: () => {
        if (!backend.works) throw new Error('no connection')
        return noReply()
      },
    },
    handleInfo: () => {
      throw new Error('not understood')
    },
  })
  const pool = spawnPool(system, Caller, 'pool', { size: 4, clock, ...options })
  /** Asks at once, and for so long lets time pass. What has become of each: its answer, or why it was refused, or its code. */
  const ask = async (count = 1, forMs = 1): Promise<string[]> => {
    const calls = Array.from({ length: count }, () =>
      call(pool, { type: 'ask' }).catch((error: { code: string; reason?: DropReason }) => error.reason ?? error.code),
    )
    await clock.advance(forMs)
    return Promise.all(calls)
  }
  const refused = (): Promise<DroppedError> => call(pool, { type: 'ask' }).then(fail, (error: DroppedError) => error)
  return { pool, backend, ask, refused }
}
const fail = (): never => {
  throw new Error('it was not refused')
}
const CRASHED = 'ERR_GENPOOL_CRASHED'

describe('a pool with a circuit breaker', () => {
  const breaker = { failures: 3, wait: 100, probes: 2 }

  it('refuses at once after enough crashes, says why and when to retry, and does not call the backend', async () => {
    const { pool, backend, ask, refused } = spawned({ breaker })
    backend.works = false
    expect(await ask(3)).toEqual([CRASHED, CRASHED, CRASHED])
    await clock.advance(30)
    const error = await refused()
    expect(error).toBeInstanceOf(DroppedError)
    expect(error).toMatchObject({ reason: 'breaker', retryAfterMs: 70, waitedMs: 0 })
    expect(error.message).toContain('keep failing')
    expect(cast(pool, { type: 'tell' })).toMatchObject({ ok: false, error: { reason: 'breaker' } })
    expect(backend.asked).toBe(3)
    expect(inspect(pool)).toMatchObject({
      breaker: { state: 'open', retryAfterMs: 70 },
      drops: { breaker: 2 },
      outcomes: { crashed: 3, dropped: 2 },
    })
  })

  it('lets probes pass after a while, and closes when they have succeeded', async () => {
    const { pool, backend, ask } = spawned({ breaker })
    backend.works = false
    await ask(3)
    await clock.advance(100)
    expect(inspect(pool).breaker).toMatchObject({ state: 'half-open' })
    backend.works = true
    expect(await ask(4)).toEqual(['answer', 'answer', 'breaker', 'breaker'])
    expect(inspect(pool).breaker).toEqual({ state: 'closed', retryAfterMs: 0 })
    expect(await ask(4)).toEqual(['answer', 'answer', 'answer', 'answer'])
  })

  it('opens again, for longer, when a probe crashes', async () => {
    const { backend, ask, refused } = spawned({ breaker })
    backend.works = false
    await ask(3)
    await clock.advance(100)
    expect(await ask(3)).toEqual([CRASHED, CRASHED, 'breaker'])
    expect(await refused()).toMatchObject({ retryAfterMs: 200 })
  })

  it('ignores the results of requests that passed before it opened', async () => {
    const { pool, backend, ask } = spawned({ breaker, size: 8 })
    const slow = [1, 2].map(() => call(pool, { type: 'ask', ms: 120 }))
    await clock.advance(0)
    backend.works = false
    await ask(3)
    await clock.advance(100)
    const probe = call(pool, { type: 'ask', ms: 50 }).catch((error: { code: string }) => error.code)
    await clock.advance(20)
    expect(await Promise.all(slow)).toEqual(['answer', 'answer'])
    expect(inspect(pool).breaker!.state).toBe('half-open')
    await clock.advance(50)
    expect(await probe).toBe(CRASHED)
    expect(inspect(pool).breaker!.state).toBe('open')
  })

  it('replaces a probe that is given up by another one', async () => {
    const { pool, backend, ask } = spawned({ breaker: { ...breaker, probes: 1 }, size: 1 })
    backend.works = false
    await ask(3, 3)
    await clock.advance(100)
    backend.works = true
    const busy = call(pool, { type: 'ask', ms: 10 }, { timeout: 5 }).catch((error: { code: string }) => error.code)
    expect(await ask()).toEqual(['breaker'])
    await clock.advance(10)
    expect(await busy).toBe('ERR_GENPOOL_EXPIRED')
    expect(await ask()).toEqual(['answer'])
    expect(inspect(pool).breaker!.state).toBe('closed')
  })

  it('counts a later answer when it arrives', async () => {
    const { pool, backend, ask } = spawned({ breaker: { ...breaker, probes: 1 } })
    backend.works = false
    await ask(3)
    await clock.advance(100)
    const late = call(pool, { type: 'later' })
    await clock.advance(1)
    expect(inspect(pool).breaker!.state).toBe('half-open')
    await clock.advance(5)
    expect(await late).toBe('later')
    expect(inspect(pool).breaker!.state).toBe('closed')
  })

  it('counts each crash of a retried message, and each stuck member', async () => {
    const { pool, backend, ask } = spawned({ breaker, retryOnCrash: { ask: 2 }, stuckAfter: 50 })
    backend.works = false
    await ask(1, 3)
    expect(inspect(pool).breaker!.state).toBe('open')
    configure(pool, { breaker: false })
    configure(pool, { breaker: { ...breaker, failures: 1 } })
    const stuck = call(pool, { type: 'ask', ms: 100 }).catch((error: { code: string }) => error.code)
    await clock.advance(60)
    expect(await stuck).toBe(CRASHED)
    expect(inspect(pool).breaker!.state).toBe('open')
  })

  it('lets a function decide what counts', async () => {
    const warnings: unknown[] = []
    const counts = (error: unknown): boolean => !(error instanceof RangeError)
    const { pool, backend, ask } = spawned({
      breaker: { ...breaker, counts },
      onCallbackError: (error) => warnings.push(error),
    })
    const wrong = (): Promise<unknown> => call(pool, { type: 'wrong' }).catch(() => undefined)
    for (let i = 0; i < 10; i++) await wrong()
    expect(inspect(pool).breaker!.state).toBe('closed')
    backend.works = false
    await ask(3)
    expect(inspect(pool).breaker!.state).toBe('open')
    configure(pool, { breaker: { counts: () => fail() } })
    await clock.advance(100)
    backend.works = true
    await ask(2)
    for (let i = 0; i < 10; i++) await wrong()
    expect(inspect(pool).breaker!.state).toBe('open')
    expect(warnings[0]).toMatchObject({ message: 'it was not refused' })
  })

  it('refuses while no member can be started, instead of letting callers wait', async () => {
    let broken = true
    const { pool, ask } = spawned(
      {
        state: 'isolated',
        size: 1,
        breaker: { failures: 3, wait: 1000, probes: 1 },
        restart: { attempts: Infinity, backoff: { min: 10, max: 50, jitter: 0 } },
      },
      () => {
        if (broken) throw new Error('no connection')
        return {}
      },
    )
    const early = call(pool, { type: 'ask' })
    await clock.advance(100)
    expect(inspect(pool).breaker!.state).toBe('open')
    expect(await ask(2)).toEqual(['breaker', 'breaker'])
    broken = false
    await clock.advance(1000)
    expect(await early).toBe('answer')
    expect(await ask()).toEqual(['answer'])
    expect(inspect(pool).breaker!.state).toBe('closed')
  })

  it('refuses while the init of the shared state fails', async () => {
    const { pool, ask } = spawned(
      { breaker: { failures: 2, wait: 1000 }, restart: { attempts: Infinity, backoff: { min: 10, max: 10 } } },
      () => Promise.reject(new Error('no connection')),
    )
    await clock.advance(50)
    expect(await ask()).toEqual(['breaker'])
    expect(inspect(pool).phase).toBe('starting')
  })

  it('does not refuse messages to one member', async () => {
    const { pool, backend, ask } = spawned({ breaker })
    backend.works = false
    await ask(3)
    broadcast(pool, 'news')
    await clock.advance(1)
    expect(inspect(pool).outcomes).toMatchObject({ crashed: 3 + 4 })
  })

  it('does not take the result of a probe of an earlier breaker for one of its own', async () => {
    const breaker = { failures: 1, share: 0, wait: 100, probes: 1 }
    const { pool, backend } = spawned({ breaker })
    const opens = async (): Promise<void> => {
      backend.works = false
      const crashed = call(pool, { type: 'ask' }, {}).catch(() => undefined)
      await clock.advance(10)
      await crashed
      backend.works = true
      await clock.advance(110)
    }
    await opens()
    const probe = call(pool, { type: 'ask', ms: 500 })
    await clock.advance(1)
    configure(pool, { breaker: false })
    configure(pool, { breaker })
    await opens()
    const own = call(pool, { type: 'ask', ms: 5000 }, { timeout: Infinity })
    await clock.advance(400)
    expect([await probe, inspect(pool).breaker?.state]).toEqual(['answer', 'half-open'])
    await clock.advance(5000)
    expect([await own, inspect(pool).breaker?.state]).toEqual(['answer', 'closed'])
  })

  it('is off by default, and can be turned on with all defaults', async () => {
    const { pool, backend, ask } = spawned({})
    backend.works = false
    expect(new Set(await ask(100, 30))).toEqual(new Set([CRASHED]))
    expect(inspect(pool).breaker).toBeUndefined()
    configure(pool, { breaker: true })
    await ask(8, 3)
    expect(await ask()).toEqual(['breaker'])
    configure(pool, { breaker: false })
    expect(await ask()).toEqual([CRASHED])
    expect(() => configure(pool, { breaker: { wait: 100, maxWait: 50 } })).toThrow(OptionsError)
  })
})

describe('a pool with a throttle', () => {
  const full = { size: 1, broker: { client: { type: 'drop', max: 1 } } } as const

  it('refuses a share at once when most requests are refused anyway', async () => {
    let chance = 0.5
    const { pool, ask, refused } = spawned({ ...full, throttle: { min: 20 }, random: () => chance })
    const outcomes = await ask(20, 2)
    expect(outcomes.filter((outcome) => outcome === 'max')).toHaveLength(18)
    // 20 results, 2 of them answers: (20 - 2 * 2) / 21
    expect(inspect(pool).throttle!.probability).toBeCloseTo(16 / 21)
    chance = 0.76
    const error = await refused()
    expect(error).toMatchObject({ reason: 'throttled', waitedMs: 0 })
    expect(inspect(pool).drops).toEqual({ max: 18, throttled: 1 })
    chance = 0.79
    expect(await ask(1, 2)).toEqual(['answer'])
  })

  it('lets all requests pass again when most are accepted', async () => {
    const { pool, ask } = spawned({ ...full, throttle: { min: 10, within: 1000 }, random: () => 0.5 })
    await ask(100, 3)
    expect(await ask()).toEqual(['throttled'])
    await clock.advance(1000)
    expect(inspect(pool).throttle).toEqual({ probability: 0 })
    expect(await ask()).toEqual(['answer'])
  })

  it('counts neither cancelled requests nor those that the breaker refused', async () => {
    const { pool, backend, ask } = spawned({
      throttle: { min: 1 },
      breaker: { failures: 3, wait: 100, share: 0, probes: 1 },
      random: () => 0.5,
    })
    const aborted = new AbortController()
    const calls = Array.from({ length: 9 }, () => call(pool, { type: 'ask' }, { signal: aborted.signal }))
    aborted.abort()
    await Promise.allSettled(calls)
    await clock.advance(5)
    backend.works = false
    await ask(3)
    expect(await ask(100)).toEqual(Array(100).fill('breaker'))
    expect(inspect(pool).throttle).toEqual({ probability: 0 })
  })

  it('returns the place of a probe that it refuses', async () => {
    let chance = 0.999
    const { pool, backend, ask } = spawned({
      ...full,
      throttle: { min: 1 },
      breaker: { failures: 1, wait: 100, share: 0, probes: 1 },
      random: () => chance,
    })
    await ask(50, 2)
    backend.works = false
    expect(await ask()).toEqual([CRASHED])
    backend.works = true
    await clock.advance(100)
    chance = 0
    expect(await ask()).toEqual(['throttled'])
    chance = 0.99
    expect(await ask()).toEqual(['answer'])
    expect(inspect(pool).breaker!.state).toBe('closed')
  })

  it('is off by default', async () => {
    const { pool, ask } = spawned({ ...full, random: () => 0 })
    await ask(100, 2)
    expect(await ask(1, 1)).toEqual(['answer'])
    expect(inspect(pool).throttle).toBeUndefined()
    configure(pool, { throttle: true })
    await ask(100, 2)
    expect(await ask(1, 1)).toEqual(['throttled'])
    configure(pool, { throttle: { factor: 1000 } })
    expect(await ask(1, 1)).toEqual(['answer'])
    configure(pool, { throttle: false })
    expect(inspect(pool).throttle).toBeUndefined()
  })
})
