import { broadcast, call, cast, configure, DroppedError, inspect, OptionsError } from '@genpool/core'
import { clock } from '../virtual-system'
import { spawned, fail, CRASHED } from './protected'

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
