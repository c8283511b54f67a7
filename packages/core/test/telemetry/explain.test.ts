import { call, drain, explain, pause, type PoolOptions, poolOptions, spawnPool } from '@genpool/core'
import fc from 'fast-check'
import { stop } from 'nact'
import { Worker, spawned, send, names, finding, type Pool } from './explained-pool'
import { clock, system } from '../virtual-system'

describe('a pool that explains itself', () => {
  it('is calm without work, with normal work, and after a short burst', async () => {
    const pool = spawned({ size: 4 })
    expect(names(pool)).toEqual(['calm'])
    send(pool, 5, { type: 'work', ms: 10 })
    await clock.advance(1)
    // One waits for a moment, which is what a queue is for.
    expect(explain(pool).findings).toMatchObject([{ finding: 'calm', figures: { busy: 4, waiting: 1 } }])
    await clock.advance(30_000)
    for (let i = 0; i < 50; i++) {
      send(pool, 1, { type: 'work', ms: 30 })
      await clock.advance(20)
    }
    expect(names(pool)).toEqual(['calm'])
    send(pool, 40, { type: 'work', ms: 10 })
    await clock.advance(500)
    expect(explain(pool)).toMatchObject({ pool: 'pool', calm: true, findings: [{ figures: { waiting: 0, runs: 90 } }] })
  })

  it('says that all members are busy, with which type, and which option to raise', async () => {
    const pool = spawned()
    send(pool, 40, { type: 'work', ms: 100 })
    await clock.advance(950)
    expect(names(pool)).toEqual(['members-busy'])
    expect(finding(pool, 'members-busy')).toMatchObject({
      figures: { size: 2, waiting: 20, oldestMs: 950 },
      option: 'size',
      says: 'all members are busy (2 of 2), and 20 requests wait, the oldest for 950 ms; most of the time goes into "work"',
      advice: expect.stringContaining('Raise "size" (now 2)'),
    })
    expect(explain(pool).text).toBe(String(explain(pool)))
    expect(explain(pool).text.split('\n')).toHaveLength(4)
  })

  it('names the valve of an elastic size, and its bound once that is reached', async () => {
    const pool = spawned({ size: { min: 1, max: 2 } })
    send(pool, 40, { type: 'work', ms: 100 })
    await clock.advance(10)
    expect(finding(pool, 'members-busy')).toMatchObject({ option: 'size.valve' })
    await clock.advance(1000)
    expect(finding(pool, 'members-busy')).toMatchObject({ option: 'size.max', figures: { size: 2 } })
  })

  it('says that one tenant of a fair queue has most of the waiting requests', async () => {
    const pool = spawned({ broker: { client: { type: 'fair', by: { property: 'tenant' } } } })
    send(pool, 2, { type: 'work', ms: 100, tenant: 'small' })
    send(pool, 18, { type: 'work', ms: 100, tenant: 'big' })
    send(pool, 2, { type: 'work', ms: 100, tenant: 'other' })
    await clock.advance(10)
    expect(names(pool)).toEqual(['one-tenant', 'members-busy'])
    expect(finding(pool, 'one-tenant')).toMatchObject({
      figures: { tenant: 'big', ofTenant: 18, tenants: 2, waiting: 20 },
      option: 'broker.client.queue.max',
    })
  })

  it('does not blame a tenant that is like the others', async () => {
    const pool = spawned({ broker: { client: { type: 'fair', by: { property: 'tenant' } } } })
    for (const tenant of 'abcdef') send(pool, 3, { type: 'work', ms: 100, tenant })
    await clock.advance(10)
    expect(names(pool)).toEqual(['members-busy'])
  })

  it('says that one key keeps requests waiting while members are idle', async () => {
    const pool = spawned({ size: 4 })
    send(pool, 10, { type: 'work', ms: 100 }, { key: 'account 7' })
    await clock.advance(10)
    expect(names(pool)).toEqual(['keys'])
    expect(finding(pool, 'keys').figures).toEqual({ key: 'account 7', ofKey: 9, waiting: 9, idle: 3 })
    send(pool, 6, { type: 'work', ms: 100 }, { key: 'account 8' })
    await clock.advance(10)
    expect(finding(pool, 'keys').figures).toEqual({ key: 'account 7', ofKey: 9, waiting: 14, idle: 2 })
  })

  it.each([
    { concurrency: 1 },
    { broker: { client: { type: 'fair', by: { property: 'tenant' } } } },
    { size: 1 },
    { concurrency: 'gradient' },
  ] as const)('says of a paused pool only that it is paused: %j', async (options) => {
    const pool = spawned({ size: 4, ...options, paused: true })
    for (const key of 'abcdef') send(pool, 1, { type: 'work', ms: 100, tenant: 'one' }, { key })
    await clock.advance(10)
    expect(names(pool)).toEqual(['paused'])
    const expired = call(pool, { type: 'work', ms: 1 }, { key: 'g', timeout: 20 })
    const settled = expect(expired).rejects.toThrow('The pool is paused: 7 requests wait')
    await clock.advance(30)
    await settled
  })

  it('says of a pool that is paused at work only that it is paused', async () => {
    const pool = spawned({ size: 2 })
    send(pool, 12, { type: 'work', ms: 100 }, { key: undefined })
    await clock.advance(10)
    expect(names(pool)).toEqual(['members-busy'])
    pause(pool)
    expect(names(pool)).toEqual(['paused'])
  })

  it('says that handlers are slow compared with the timeout', async () => {
    const pool = spawned({ size: 8, timeout: 1000 })
    send(pool, 8, { type: 'work', ms: 400 })
    await clock.advance(500)
    expect(names(pool)).toEqual(['slow-handlers'])
    expect(finding(pool, 'slow-handlers')).toMatchObject({ option: 'timeout', figures: { timeoutMs: 1000 } })
  })

  it('says that a handler hangs, and that members were replaced as stuck', async () => {
    const pool = spawned({ size: 3 })
    send(pool, 5, { type: 'work', ms: 10 })
    send(pool, 1, { type: 'work', ms: 1e6 })
    await clock.advance(5000)
    expect(names(pool)).toEqual(['stuck'])
    expect(finding(pool, 'stuck')).toMatchObject({ option: 'stuckAfter', figures: { longestMs: 4990, givenUp: 0 } })
    stop(pool)
    const guarded = spawned({ stuckAfter: 100 })
    send(guarded, 2, { type: 'work', ms: 1e6 })
    await clock.advance(500)
    expect(finding(guarded, 'stuck').figures).toMatchObject({ longestMs: 0, givenUp: 2 })
  })

  it('says that the event loop is blocked, and that more members do not help against it', async () => {
    const pool = spawned()
    for (let i = 0; i < 12; i++) {
      send(pool, 1, { type: 'compute', ms: 200 })
      await clock.settle()
    }
    expect(names(pool)).toEqual(['event-loop'])
    expect(finding(pool, 'event-loop')).toMatchObject({ option: null, figures: { turnMaxMs: 200 } })
    send(pool, 20, { type: 'work', ms: 500 })
    await clock.advance(10)
    expect(finding(pool, 'members-busy')).toMatchObject({
      option: null,
      advice: expect.stringContaining('do not help'),
    })
  })

  it('says that the event loop was blocked once among many short turns, for how long and of how long', async () => {
    const pool = spawned()
    const works = async (): Promise<void> => {
      for (let i = 0; i < 300; i++) {
        send(pool, 1, { type: 'work', ms: 5 })
        await clock.advance(10)
      }
    }
    await works()
    expect(names(pool)).toEqual(['calm'])
    send(pool, 1, { type: 'work', ms: 5 })
    clock.block(2000)
    // In the middle of it, too: no turn has ended.
    expect(finding(pool, 'event-loop').figures).toMatchObject({ turnMaxMs: 2000, blockedMs: 2000, ofMs: 5000 })
    await works()
    expect(finding(pool, 'event-loop')).toMatchObject({
      figures: { turnMaxMs: 2000, blockedMs: 2000, ofMs: 8000 },
      says: expect.stringContaining('long turns took 2 s of the last 8 s'),
    })
    await clock.advance(20_000)
    await works()
    expect(names(pool)).toEqual(['calm'])
  })

  it('rounds durations to what a reader can use, and writes long ones without an exponent', async () => {
    const pool = spawned({ timeout: Infinity })
    send(pool, 2, { type: 'work', ms: 1.234567 })
    await clock.advance(2)
    send(pool, 22, { type: 'work', ms: 1e9 })
    await clock.advance(123_456.789)
    const { says, figures } = finding(pool, 'members-busy')
    expect(says).toContain('the oldest for 123 s')
    expect(figures).toMatchObject({ oldestMs: 123_457 })
    for (const value of Object.values(figures)) expect(String(value)).toMatch(/^\d+(\.\d{1,3})?$/)
  })

  it('says that callers gave up, and that later answers are missing', async () => {
    const pool = spawned()
    send(pool, 2, { type: 'work', ms: 200 }, { timeout: 100 })
    send(pool, 1, { type: 'later' })
    await clock.advance(5000)
    expect(names(pool)).toEqual(['expired', 'late-answers'])
    expect(finding(pool, 'expired').figures).toMatchObject({ expired: 2 })
    expect(finding(pool, 'late-answers').figures).toMatchObject({ late: 1 })
  })

  it('says that the pool drains or has stopped, and why', async () => {
    const pool = spawned()
    send(pool, 3, { type: 'work', ms: 100 })
    await clock.advance(10)
    void drain(pool)
    expect(names(pool)[0]).toBe('draining')
    await clock.advance(500)
    expect(names(pool)).toEqual(['stopped'])
    const fragile = spawnPool(system, Worker, 'fragile', { clock, size: 1, restart: { intensity: 0 } }) as Pool
    send(fragile, 1, { type: 'fail' })
    await clock.advance(10)
    expect(finding(fragile, 'stopped')).toMatchObject({
      option: 'restart',
      says: expect.stringContaining('more than 0 members crashed'),
    })
  })

  it('always has a finding with finite figures', async () => {
    const queue = fc.constantFrom<NonNullable<PoolOptions['broker']>>(
      {},
      { client: { type: 'drop', max: 2 } },
      { client: { type: 'codel', target: 5, interval: 20 } },
      { client: { type: 'fair', by: { property: 'tenant' } } },
      { client: { type: 'timeout', timeout: 15 } },
    )
    const options = fc.record({
      size: fc.constantFrom<NonNullable<PoolOptions['size']>>(1, 3, { min: 0, max: 3, idle: 50 }),
      broker: queue,
      concurrency: fc.constantFrom<number>(1, Infinity),
      breaker: fc.boolean(),
      throttle: fc.boolean(),
      stuckAfter: fc.constantFrom(40, Infinity),
      timeout: fc.constantFrom(30, Infinity),
      state: fc.constantFrom<NonNullable<PoolOptions['state']>>('shared', 'isolated', { commit: 'exclusive' }),
    })
    const action = fc.record({
      message: fc.constantFrom<object>(
        { type: 'work', ms: 30, tenant: 'a' },
        { type: 'work', ms: 1, tenant: 'b' },
        { type: 'count', ms: 10 },
        { type: 'compute', ms: 120 },
        { type: 'fail' },
        { type: 'later' },
      ),
      messages: fc.integer({ min: 1, max: 6 }),
      key: fc.constantFrom(undefined, 'k'),
      pause: fc.constantFrom(0, 5, 40, 2000),
    })
    type Action = typeof action extends fc.Arbitrary<infer A> ? A : never
    const run = async (given: PoolOptions, actions: readonly Action[]): Promise<void> => {
      const pool = spawnPool(system, Worker, undefined, { clock, random: () => 0.5, ...given }) as Pool
      for (const { message, messages, key, pause } of actions) {
        send(pool, messages, message, { key, timeout: given.timeout })
        await clock.advance(pause)
        const { calm, findings, text } = explain(pool)
        expect(findings.length).toBeGreaterThan(0)
        expect(calm).toBe(findings.some((each) => each.finding === 'calm'))
        if (calm) expect(findings).toHaveLength(1)
        for (const { says, figures, advice, option } of findings) {
          if (option !== null) expect(Object.keys(poolOptions.shape)).toContain(option.split('.')[0])
          expect(`${says} ${advice}`).not.toMatch(/undefined|NaN|Infinity|\[object/)
          for (const value of Object.values(figures)) expect(value).not.toBe(NaN)
        }
        expect(text).toContain(findings[0]!.says)
      }
      stop(pool)
    }
    await fc.assert(
      fc.asyncProperty(options, fc.array(action, { maxLength: 8 }), (given, actions) => run(given, actions)),
      { numRuns: 60 },
    )
  })
})
