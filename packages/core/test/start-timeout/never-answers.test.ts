import { call, definePool, getMembers, inspect, ready, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { clock, system } from '../virtual-system'
import { failure, spawned } from './slow'

describe('an init that never answers', () => {
  it('is a failed start after "restart.startTimeout", and is tried again', async () => {
    const { pool, openings } = spawned()
    const answer = call(pool, { type: 'use' }, { timeout: Infinity })
    await clock.advance(999)
    expect(openings).toHaveLength(1)
    await clock.advance(1 + 100)
    expect(openings).toHaveLength(2)
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(await answer).toBe('second')
    expect(getMembers(pool)[0]?.name).toBe('member-1.2')
    expect(clock.timers).toBe(0)
  })

  it('is waited for 30 s by default, and for ever with Infinity', async () => {
    const patient = spawned({ restart: { startTimeout: Infinity } })
    await clock.advance(3_600_000)
    expect(patient.openings).toHaveLength(1)
    const Never = definePool({ init: () => new Promise<number>(() => undefined), calls: {} })
    const pool = spawnPool(system, Never, 'never', { clock, size: 1 })
    await clock.advance(29_999)
    expect(inspect(pool).starts).toMatchObject({ failures: 0, timedOut: 0 })
    await clock.advance(1)
    expect(inspect(pool).starts).toMatchObject({ failures: 1, timedOut: 1 })
  })

  it('gives the pool up after "restart.attempts"; ready and callers are told why', async () => {
    const { pool, openings, ended } = spawned({ restart: { attempts: 2 } })
    const started = failure(ready(pool))
    const answer = failure(call(pool, { type: 'use' }, { timeout: Infinity }))
    await clock.advance(5000)
    const why = {
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('init has not answered for 1000 ms'),
      cause: { cause: { code: 'ERR_GENPOOL_START_TIMEOUT', pool: 'slow', member: 'member-1.2', afterMs: 1000 } },
    }
    expect(await started).toMatchObject(why)
    expect(await answer).toMatchObject(why)
    expect(openings).toHaveLength(2)
    expect([inspect(pool).phase, clock.timers]).toEqual(['stopped', 0])
    // Both answer after all, the pool being long gone.
    openings[0]!.open({ connection: 'first' })
    openings[1]!.fail(new Error('too late to matter'))
    await clock.settle()
    expect(ended).toEqual([['member-1.1', 'startTimeout', 'first']])
  })

  it.each(['isolated', 'shared'] as const)('that answers later has its %s state closed, once', async (state) => {
    const { pool, openings, ended } = spawned({ state })
    await clock.advance(1100)
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(await call(pool, { type: 'use' })).toBe('second')
    expect(ended).toEqual([])
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(ended).toEqual([[state === 'shared' ? 'member-0.1' : 'member-1.1', 'startTimeout', 'first']])
    expect(await call(pool, { type: 'use' })).toBe('second')
    expect(getMembers(pool)).toHaveLength(1)
  })

  it.each(['isolated', 'shared'] as const)('that rejects later, with a(n) %s state, changes nothing', async (state) => {
    const { pool, openings, ended } = spawned({ state })
    await clock.advance(1100)
    openings[0]!.fail(new Error('late'))
    await clock.settle()
    expect(inspect(pool).starts).toMatchObject({ failures: 1 })
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(await call(pool, { type: 'use' })).toBe('second')
    expect(ended).toEqual([])
  })

  it('holds for the one that replaces a crashed member', async () => {
    const { pool, openings } = spawned()
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    await failure(call(pool, { type: 'crash' }))
    const answer = call(pool, { type: 'use' }, { timeout: Infinity })
    await clock.advance(1100)
    expect(openings).toHaveLength(3)
    openings[2]!.open({ connection: 'third' })
    await clock.settle()
    expect(await answer).toBe('third')
  })

  it('holds for a state that is made anew by a reset', async () => {
    const { pool, openings, ended } = spawned({ state: 'shared' })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    const actor = findActor(pool as never) as unknown as { reset(): void }
    actor.reset()
    await clock.advance(1000)
    expect(await failure(call(pool, { type: 'use' }))).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('init has not answered for 1000 ms'),
    })
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(ended).toContainEqual(['member-0.1', 'startTimeout', 'second'])
  })

  it('leaves an elastic pool without that member if it has others', async () => {
    const { pool, openings } = spawned({ size: { min: 1, max: 2 }, restart: { attempts: 1 } })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    for (let ms = 0; ms < 1000; ms++) {
      void call(pool, { type: 'wait' }).catch(() => undefined)
      await clock.advance(1)
    }
    expect(inspect(pool)).toMatchObject({ size: 2, members: { starting: 1 } })
    await clock.advance(10_000)
    expect(openings.length).toBeGreaterThan(1)
    expect(inspect(pool)).toMatchObject({ phase: 'running', size: 1 })
  })

  it('counts as a failure for the circuit breaker', async () => {
    const { pool } = spawned({ breaker: { failures: 1, wait: 10_000 } })
    await clock.advance(1000)
    expect(inspect(pool).breaker?.state).toBe('open')
  })
})
