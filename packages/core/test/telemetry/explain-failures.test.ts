import { definePool, explain, ready, reply, spawnPool } from '@genpool/core'
import { spawned, send, names, finding, type Pool } from './explained-pool'
import { clock, system } from '../virtual-system'

describe('a pool that explains what fails, and what is held back or dropped', () => {
  it('says that handlers are run again because of many conflicts, but not for few', async () => {
    const pool = spawned({ size: 8 })
    send(pool, 40, { type: 'count', ms: 10 })
    await clock.advance(1000)
    expect(names(pool)).toEqual(['reruns'])
    const { figures, advice } = finding(pool, 'reruns')
    expect(figures['reruns']).toBeGreaterThan(20)
    expect(advice).toContain('recipe')
    send(pool, 4000, { type: 'work', ms: 1 })
    await clock.advance(2000)
    expect(names(pool)).toEqual(['calm'])
  })

  it('says so first while requests wait, and does not advise more members, which make more conflicts', async () => {
    const pool = spawned({ size: 8 })
    send(pool, 400, { type: 'count', ms: 10 })
    await clock.advance(500)
    expect(names(pool)[0]).toBe('reruns')
    expect(names(pool)).not.toContain('members-busy')
    expect(finding(pool, 'reruns').advice).toContain('More members make more conflicts')
    await clock.advance(10_000)
  })

  it('says that members wait for the state, which each handler holds while it runs', async () => {
    const pool = spawned({ size: 4, state: { commit: 'exclusive' } })
    send(pool, 3, { type: 'count', ms: 100 })
    await clock.advance(10)
    expect(names(pool)).toEqual(['one-at-a-time'])
    expect(finding(pool, 'one-at-a-time')).toMatchObject({ option: 'state.commit', figures: { busy: 3 } })
  })

  it('says that handlers crash, with the error, and that the circuit breaker is open for it', async () => {
    const pool = spawned({ breaker: true })
    for (let i = 0; i < 40; i++) {
      send(pool, 1, { type: 'fail' })
      await clock.advance(10)
    }
    expect(names(pool)).toEqual(['breaker', 'crashes', 'drops'])
    expect(finding(pool, 'crashes').says).toContain('connection refused')
    expect(finding(pool, 'breaker')).toMatchObject({ option: 'breaker', says: expect.stringContaining('open') })
  })

  it('says that init fails, with the error, and that it is retried', async () => {
    let broken = true
    const Opener = definePool({
      init: () => {
        if (broken) throw new Error('no route to host')
        return { done: 0 }
      },
      calls: { work: () => reply('done') },
    })
    for (const state of ['shared', 'isolated'] as const) {
      broken = true
      const pool = spawnPool(system, Opener, state, { size: 2, clock, state }) as never as Pool
      await clock.advance(150)
      expect(names(pool)).toEqual(['failing-starts'])
      expect(finding(pool, 'failing-starts')).toMatchObject({
        option: 'restart.attempts',
        figures: { failedStarts: 2 },
      })
      expect(finding(pool, 'failing-starts').says).toContain('no route to host')
      broken = false
      await clock.advance(1000)
      await ready(pool)
      expect(names(pool)).toEqual(['calm'])
    }
  })

  it('says that no member is ready yet', async () => {
    const Opener = definePool({ init: () => clock.wait(500), calls: { work: () => reply('done') } })
    const pool = spawnPool(system, Opener, 'opener', { clock, state: 'isolated' }) as never as Pool
    send(pool, 3, { type: 'work' })
    await clock.advance(10)
    expect(names(pool)).toEqual(['starting'])
    expect(finding(pool, 'starting').figures).toMatchObject({ waiting: 3, starting: 8 })
    await clock.advance(1000)
    expect(names(pool)).toEqual(['calm'])
  })

  it('says that a limit holds members back, and what it has learnt', async () => {
    const pool = spawned({ size: 8, concurrency: 2 })
    send(pool, 20, { type: 'work', ms: 100 })
    await clock.advance(10)
    expect(names(pool)).toEqual(['concurrency'])
    expect(finding(pool, 'concurrency')).toMatchObject({
      option: 'concurrency',
      figures: { limit: 2, aside: 6, waiting: 18 },
    })
  })

  it('says which rule dropped how many requests, names its option, and forgets it in time', async () => {
    const pool = spawned({ broker: { client: { type: 'drop', max: 3 } } })
    send(pool, 10, { type: 'work', ms: 10 })
    await clock.advance(100)
    expect(names(pool)).toEqual(['drops'])
    expect(finding(pool, 'drops')).toMatchObject({
      figures: { reason: 'max', dropped: 5, runs: 5 },
      option: 'broker.client.max',
      says: '5 requests were dropped lately (50 %) because the queue was full',
    })
    await clock.advance(25_000)
    expect(names(pool)).toEqual(['calm'])
  })

  it('gives the same counts in its sentence and in its figures', async () => {
    const pool = spawned({ broker: { client: { type: 'drop', max: 3 } } })
    send(pool, 12_350, { type: 'work', ms: 10 })
    await clock.advance(100)
    expect(finding(pool, 'drops').says).toContain('12345 requests were dropped')
    expect(explain(pool).text).toContain('dropped 12345,')
  })
})
