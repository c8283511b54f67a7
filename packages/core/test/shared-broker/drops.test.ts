import { changeConfig, spawnBroker } from '@genpool/broker'
import { call, defineTask, explain, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { setUp } from './set-up'
import { clock, system } from '../virtual-system'

describe('a drop by a broker that is an actor', () => {
  const retryAfter = (request: Promise<unknown>): Promise<unknown> =>
    request.catch(({ reason, retryAfterMs }: { reason: string; retryAfterMs: number }) => [reason, retryAfterMs])

  it('does not hide the crash of a message that finds no room for its second run', async () => {
    const broker = spawnBroker(system, { clock, client: { max: 1 } }, 'broker')
    const crash = new Error('first run')
    const Work = defineTask(async (name: string) => {
      await clock.wait(20)
      if (name === 'a') throw crash
      return name
    })
    const pool = spawnPool(system, Work, 'pool', { size: 1, broker, clock, retryOnCrash: { task: 3 }, poisonAfter: 9 })
    const asked = ['a', 'b'].map((name) => call(pool, name).catch((error: unknown) => error))
    await clock.advance(100)
    expect(await asked[0]).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: crash })
    expect(await asked[1]).toBe('b')
  })

  it('does not say of a message that has run that it never started, when the broker stops', async () => {
    const broker = spawnBroker(system, { clock, rate: { limit: 1, interval: 1000 } }, 'broker')
    const Work = defineTask(async (name: string) => {
      await clock.wait(20)
      if (name === 'a') throw new Error('first run')
      return name
    })
    const pool = spawnPool(system, Work, 'pool', { size: 1, broker, clock, retryOnCrash: { task: 3 } })
    const asked = ['a', 'b'].map((name) => call(pool, name).catch((error: unknown) => error))
    await clock.advance(30)
    stop(broker)
    await clock.advance(1)
    expect(await asked[0]).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
  })

  it('says why new limits refuse what waits', async () => {
    const { clock, broker, pool } = setUp({ rate: { limit: 10, interval: 1000 } })
    const a = pool('a', 1)
    const work = () => call(a, { type: 'work', ms: 100 })
    const first = work()
    const second = work().catch((error: unknown) => error)
    await clock.advance(10)
    const thrown = new Error('no cost here')
    const cost = (): never => {
      throw thrown
    }
    changeConfig(broker, { rate: { limit: 10, interval: 1000, cost } })
    await clock.advance(200)
    await first
    expect(await second).toMatchObject({
      reason: 'rate',
      message: expect.stringContaining(
        'the limits have changed while it waited: the function "cost" threw: no cost here.',
      ),
      cause: { cause: thrown },
    })
    expect(explain(a).text).toContain('the last one: the function "cost" threw: no cost here')
  })

  it('says that it was the limit of a key, and not that the queue was full', async () => {
    const limits = { by: () => 'tenant', concurrency: 1, max: 1 }
    const { clock, pool } = setUp({ limits, client: { type: 'drop', max: 50 } })
    const a = pool('a', 2)
    const asked = Array.from({ length: 3 }, () => call(a, { type: 'work', ms: 100 }))
    expect(await asked[2]?.catch((error: unknown) => error)).toMatchObject({
      reason: 'max',
      message: expect.stringContaining('as many of one key waited as "limits.max" allows (1)'),
    })
    const urgent = call(a, { type: 'work', ms: 100 }, { priority: 1 })
    expect(await asked[1]?.catch((error: unknown) => error)).toMatchObject({
      reason: 'priority',
      message: expect.stringContaining('as many of one key waited as "limits.max" allows (1), and more urgent ones'),
    })
    expect(explain(a).text).toContain('limits.max')
    await clock.advance(300)
    await Promise.all([asked[0], urgent])
  })

  it('says when to try again: requests that wait, times the measured time between those that are served', async () => {
    const { clock, pool } = setUp({ client: { type: 'drop', max: 3 } })
    const [a] = [pool('a', 2), pool('b', 2)]
    const work = (): Promise<unknown> => retryAfter(call(a, { type: 'work', ms: 100 }))
    const first = Array.from({ length: 8 }, work)
    await clock.advance(1000)
    expect((await Promise.all(first)).filter(Array.isArray)).toEqual([['max', undefined]])
    const second = Array.from({ length: 8 }, work)
    await clock.advance(1000)
    const [[reason, ms]] = (await Promise.all(second)).filter(Array.isArray) as [[string, number]]
    // Four are served in 100 ms.
    expect([reason, ms >= 50, ms <= 150]).toEqual(['max', true, true])
  })

  it('does not count the time in which nobody waited', async () => {
    const { clock, pool } = setUp({ client: { type: 'drop', max: 3 } })
    const a = pool('a')
    const work = (): Promise<unknown> => retryAfter(call(a, { type: 'work', ms: 100 }))
    for (let i = 0; i < 3; i++) {
      const caller = new AbortController()
      void work()
      void call(a, { type: 'work', ms: 100 }, { signal: caller.signal }).catch(() => undefined)
      caller.abort()
      await clock.advance(60_000)
    }
    void Array.from({ length: 3 }, work)
    await clock.advance(1000)
    const asked = Array.from({ length: 5 }, work)
    await clock.advance(1000)
    expect((await Promise.all(asked)).filter(Array.isArray)).toEqual([['max', 300]])
  })
})
