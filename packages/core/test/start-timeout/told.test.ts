import { call, configure, drain, explain, inspect, onEvent, resize, StartTimeoutError } from '@genpool/core'
import { stop } from 'nact'
import { clock } from '../virtual-system'
import { failure, spawned } from './slow'

describe('an init that never answers', () => {
  it('is waited for by the new limit as soon as the pool is configured', async () => {
    const { pool, openings } = spawned({ restart: { startTimeout: Infinity } })
    await clock.advance(500)
    configure(pool, { restart: { startTimeout: 600 } })
    await clock.advance(99)
    expect(inspect(pool).starts).toEqual({ oldestMs: 599, failures: 0, timedOut: 0 })
    await clock.advance(1)
    expect(inspect(pool).starts).toEqual({ oldestMs: 0, failures: 1, timedOut: 1 })
    configure(pool, { restart: { startTimeout: Infinity } })
    await clock.advance(60_000)
    expect(openings).toHaveLength(2)
  })

  it('says so in the event, and in the explanation', async () => {
    const events: unknown[] = []
    const off = onEvent('genpool:init:fail', (event) => void events.push(event))
    const { pool } = spawned()
    await clock.advance(500)
    expect(explain(pool).findings[0]).toMatchObject({ finding: 'starting', figures: { longestMs: 500 } })
    await clock.advance(500)
    off()
    expect(events).toMatchObject([
      { member: 'member-1.1', timedOut: true, failures: 1, retryInMs: 100, error: expect.any(StartTimeoutError) },
    ])
    expect(explain(pool).findings[0]).toMatchObject({
      finding: 'start-timeout',
      option: 'restart.startTimeout',
      figures: { failedStarts: 1, timedOut: 1 },
    })
  })

  it('is what callers who give up meanwhile are told of', async () => {
    const { pool } = spawned()
    const first = failure(call(pool, { type: 'use' }, { timeout: 200 }))
    await clock.advance(201)
    expect(await first).toMatchObject({
      code: 'ERR_GENPOOL_EXPIRED',
      message: expect.stringMatching(/init has not answered for 20\d ms/),
    })
    const second = failure(call(pool, { type: 'use' }, { timeout: 850 }))
    await clock.advance(851)
    expect(await second).toMatchObject({
      message: expect.stringContaining('init has not answered for 1000 ms'),
      cause: { code: 'ERR_GENPOOL_START_TIMEOUT' },
    })
  })

  it('is in the explanation also if other members work', async () => {
    const { pool, openings } = spawned({ size: 2, restart: { startTimeout: Infinity } })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(explain(pool).calm).toBe(true)
    await clock.advance(12_000)
    expect(explain(pool).findings).toMatchObject([
      { finding: 'starting', says: expect.stringMatching(/^1 member has not started.*not answered for 12 s$/) },
    ])
  })

  it('does not hold up a stop or a drain', async () => {
    const stopped = spawned()
    stop(stopped.pool)
    expect(clock.timers).toBe(0)
    stopped.openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(stopped.ended).toEqual([['member-1.1', 'shutdown', 'first']])
    const { pool } = spawned()
    const left = failure(call(pool, { type: 'use' }, { timeout: Infinity }))
    const drained = drain(pool, { within: 200 })
    await clock.advance(200)
    await drained
    expect(await left).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(clock.timers).toBe(0)
  })

  it('that answers after a stop has its shared state closed', async () => {
    const { pool, openings, ended } = spawned({ state: 'shared' })
    stop(pool)
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    expect(ended).toEqual([['member-0.1', 'shutdown', 'first']])
  })

  it('of a member that is not wanted any more is not waited for', async () => {
    const { pool, openings, ended } = spawned({ size: 2 })
    openings[0]!.open({ connection: 'first' })
    await clock.settle()
    resize(pool, 1)
    expect([inspect(pool).starts.oldestMs, clock.timers]).toEqual([0, 0])
    openings[1]!.open({ connection: 'second' })
    await clock.settle()
    expect(ended).toEqual([['member-2.1', 'resized', 'second']])
  })
})
