import { spawnBroker } from '@genpool/broker'
import { call, defineTask, inspect, onEvent, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { outcome, sharing } from './sharing'
import { system } from './virtual-system'

describe('calls with the same "share", beside other options', () => {
  it('try again together if each has "retry"', async () => {
    const { clock, runs, read, crash, pool } = sharing({ retryOnCrash: { read: 1 } })
    await clock.settle()
    crash(2)
    const retry = { backoff: { min: 10, jitter: 0 } }
    const all = [1, 2].map(() => read('a', { retry, timeout: 5000 }))
    const once = outcome(read('a'))
    for (let i = 0; i < 4; i++) await clock.advance(100)
    expect(await Promise.all([...all, once])).toEqual([
      { id: 'a', run: 3 },
      { id: 'a', run: 3 },
      'ERR_GENPOOL_CRASHED undefined',
    ])
    expect([runs.length, inspect(pool).accepted, inspect(pool).retries.made]).toEqual([3, 5, 2])
  })

  it('are told with their own messages, also after the first of them has left', async () => {
    const { clock, pool, read } = sharing({ size: 1 })
    const told: unknown[] = []
    const off = onEvent(
      'genpool:request:settled',
      ({ message, outcome }) => told.push([(message as { id: string }).id, outcome]),
      { pool },
    )
    await clock.settle()
    const busy = read('busy', { share: 'other' })
    const calls = [read('a', { timeout: 50 }), read('b', { timeout: 500 }), read('c', { timeout: 70 })].map(outcome)
    await clock.advance(60)
    await clock.advance(240)
    await Promise.all([busy, ...calls])
    expect(told).toEqual([
      ['a', 'expired'],
      ['c', 'expired'],
      ['busy', 'replied'],
      ['b', 'replied'],
    ])
    const left = ['d', 'e'].map((id, index) => outcome(read(id, { timeout: 10 + 10 * index })))
    await clock.advance(30)
    await Promise.all(left)
    expect(told.slice(4)).toEqual([
      ['d', 'expired'],
      ['e', 'expired'],
    ])
    off()
  })

  it('count as one for the breaker', async () => {
    const { clock, pool, read, crash, runs } = sharing({ breaker: { failures: 3, within: 1000 } } as never)
    await clock.settle()
    crash(2)
    const failed = [1, 2, 3, 4].map(() => outcome(read('a')))
    await clock.advance(100)
    await Promise.all(failed)
    expect(inspect(pool).breaker?.state).toBe('closed')
    expect(runs.length).toBe(1)
  })

  it('work for a pool of one function, and for one that shares a broker', async () => {
    const clock = virtualClock()
    let runs = 0
    const Task = defineTask(async (n: number) => {
      runs++
      await clock.wait(100)
      return n * 2
    })
    const broker = spawnBroker(system, { clock })
    const pools = [spawnPool(system, Task, 'own', { clock }), spawnPool(system, Task, 'shared', { clock, broker })]
    for (const pool of pools) {
      await clock.settle()
      const calls = [1, 2].map((n) => call(pool, n, { share: 'k', timeout: n * 150 }))
      await clock.advance(100)
      expect(await Promise.all(calls)).toEqual([2, 2])
    }
    expect(runs).toBe(2)
  })
})
