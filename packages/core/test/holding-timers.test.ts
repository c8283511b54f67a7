import { askR, spawnBroker } from '@genpool/broker'
import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import type { Clock, Nanos, Timer } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

/** A virtual clock that knows which of its timers would keep a process alive. */
function watchedClock() {
  const inner = virtualClock()
  const holding = new Set<Timer>()
  const clock: Clock = {
    now: () => inner.now(),
    defer: (fn) => inner.defer(fn),
    setTimer(at: Nanos, fn: () => void, holds = true): Timer {
      const timer: Timer = {
        cancel() {
          holding.delete(timer)
          set.cancel()
        },
      }
      const set = inner.setTimer(at, () => {
        holding.delete(timer)
        fn()
      })
      if (holds) holding.add(timer)
      return timer
    },
  }
  return { inner, clock, holding }
}

const Work = definePool({
  init: () => 0,
  calls: { work: () => reply('done'), hang: () => new Promise<never>(() => undefined) },
})
let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

const queues = ['timeout', 'codel'] as const
const brokers: readonly PoolOptions['broker'][] = queues.flatMap((client) =>
  queues.map((member) => ({
    client:
      client === 'timeout' ? { type: client, timeout: 30_000 } : { type: client, target: 30_000, interval: 30_000 },
    member:
      member === 'timeout' ? { type: member, timeout: 60_000 } : { type: member, target: 60_000, interval: 60_000 },
  })),
)

describe('timers of the queues of a pool', () => {
  it.each(brokers.map((broker) => [JSON.stringify(broker), broker] as const))(
    'hold the process while callers wait, and no longer: %s',
    async (_, broker) => {
      const { inner, clock, holding } = watchedClock()
      const pool = spawnPool(system, Work, 'pool', { size: 2, clock, timeout: Infinity, broker: broker! })
      await Promise.all(Array.from({ length: 20 }, () => call(pool, { type: 'work' })))
      await inner.settle()
      expect(holding.size).toBe(0)
      // Members wait with a timer that holds nothing. Now both hang, and a third call waits.
      for (let i = 0; i < 3; i++) call(pool, { type: 'hang' }).catch(() => undefined)
      await inner.settle()
      expect(holding.size).toBe(1)
    },
  )

  it('hold nothing for members that wait in a shared broker', async () => {
    const { inner, clock, holding } = watchedClock()
    const broker = spawnBroker(system, { clock, ...brokers[0] })
    askR(broker, 'a member').catch(() => undefined)
    const pool = spawnPool(system, Work, 'pool', { size: 2, clock, broker })
    await inner.settle()
    await Promise.all(Array.from({ length: 20 }, () => call(pool, { type: 'work' }).catch(() => undefined)))
    await inner.settle()
    expect(holding.size).toBe(0)
  })
})
