import {
  call,
  configure,
  definePool,
  inspect,
  onEvent,
  OptionsError,
  type PoolEvents,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { askR, asyncAsk, spawnBroker } from '@genpool/broker'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
const offs: (() => void)[] = []
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  for (const off of offs.splice(0)) off()
  stop(system)
})

let broken = false
const Worker = definePool({
  calls: {
    work: async (msg: { ms: number }) => {
      await clock.wait(msg.ms)
      return reply('done')
    },
    compute: (msg: { ms: number }) => {
      clock.block(msg.ms)
      if (broken) throw new Error('broken')
      return reply('done')
    },
  },
})
const spawned = (options: PoolOptions = {}) => spawnPool(system, Worker, 'pool', { size: 1, clock, ...options })
type Pool = ReturnType<typeof spawned>

const heard = <N extends 'genpool:alarm:set' | 'genpool:alarm:clear' | 'genpool:breaker:change'>(...names: N[]) => {
  const log: [ms: number, name: string, event: PoolEvents[N]][] = []
  for (const name of names) {
    offs.push(onEvent(name, (event) => void log.push([Math.round(clock.now() / NS_PER_MS), name, event])))
  }
  return log
}
const work = (pool: Pool, messages: number, ms: number, type: 'work' | 'compute' = 'work'): void => {
  for (let i = 0; i < messages; i++) call(pool, { type, ms }, { timeout: Infinity }).catch(() => undefined)
}

describe('the alarm of a pool', () => {
  it('is set after an interval of waits that are too long, and cleared after an interval without them', async () => {
    const pool = spawned({ alarm: { target: 100, interval: 500 } })
    const log = heard('genpool:alarm:set', 'genpool:alarm:clear')
    expect(inspect(pool).overloaded).toBe(false)
    work(pool, 21, 100)
    await clock.advance(550)
    expect(log).toEqual([])
    await clock.advance(250)
    expect(log).toMatchObject([[expect.any(Number), 'genpool:alarm:set', { pool: 'pool', alarm: 'overload' }]])
    const [[setAt, , event]] = log as never as [[number, string, PoolEvents['genpool:alarm:set']]]
    // The oldest has waited for `target` after 100 ms, and for an `interval` more after 600.
    expect([setAt >= 600, setAt <= 720, event.oldestMs >= 500, event.waiting > 10]).toEqual([true, true, true, true])
    expect(inspect(pool).overloaded).toBe(true)
    await clock.advance(5000)
    expect(log).toHaveLength(2)
    // The last one is done after 2100 ms, and the last to wait began to run at 2000.
    expect([log[1]![1], log[1]![0] >= 2500, log[1]![0] <= 2800]).toEqual(['genpool:alarm:clear', true, true])
    expect(inspect(pool).overloaded).toBe(false)
    await clock.advance(5000)
    expect(clock.timers).toBe(0)
  })

  it('is not set by a short burst', async () => {
    const pool = spawned({ alarm: true })
    const log = heard('genpool:alarm:set', 'genpool:alarm:clear')
    for (let i = 0; i < 5; i++) {
      work(pool, 9, 100)
      await clock.advance(2500)
    }
    expect(log).toEqual([])
    expect(clock.timers).toBe(0)
  })

  it('is set while the event loop is late', async () => {
    const pool = spawned({ alarm: { target: 100, interval: 500 } })
    const log = heard('genpool:alarm:set')
    for (let i = 0; i < 6; i++) {
      work(pool, 1, 200, 'compute')
      await clock.settle()
    }
    expect(log).toMatchObject([[expect.any(Number), 'genpool:alarm:set', { waiting: 0, lateMs: 200 }]])
  })

  it('can be changed, removed and added again while the pool runs', async () => {
    const pool = spawned()
    const log = heard('genpool:alarm:set', 'genpool:alarm:clear')
    const names = (): string[] => log.map(([, name]) => name.slice('genpool:alarm:'.length))
    work(pool, 1000, 100)
    await clock.advance(3000)
    expect([names(), inspect(pool).overloaded]).toEqual([[], undefined])
    configure(pool, { alarm: true })
    await clock.advance(1500)
    expect([names(), inspect(pool).overloaded]).toEqual([['set'], true])
    configure(pool, { alarm: { target: 1e6, interval: 100 } })
    await clock.advance(1500)
    expect(names()).toEqual(['set', 'clear'])
    configure(pool, { alarm: { target: 10, interval: 100 } })
    await clock.advance(1500)
    configure(pool, { alarm: false })
    await clock.settle()
    expect([names(), inspect(pool).overloaded]).toEqual([['set', 'clear', 'set', 'clear'], undefined])
    configure(pool, { alarm: true })
    await clock.advance(1500)
    stop(pool)
    await clock.settle()
    expect(names()).toEqual(['set', 'clear', 'set', 'clear', 'set', 'clear'])
    await clock.advance(1500)
    expect([names().length, clock.timers]).toEqual([6, 0])
    expect(() => spawnPool(system, Worker, 'wrong', { alarm: { target: -1 } })).toThrow(OptionsError)
  })

  it('sees requests that wait at a broker that several pools share', async () => {
    const broker = spawnBroker(system, { clock }, 'broker')
    const pool = spawned({ broker, alarm: { target: 100, interval: 500 } } as never)
    const log = heard('genpool:alarm:set')
    work(pool, 20, 100)
    await clock.advance(1500)
    expect(log).toHaveLength(1)
  })
})

describe('the alarm of a meter of a broker actor', () => {
  it('is heard on the same channels, also by a listener that throws', async () => {
    const broker = spawnBroker(
      system,
      { clock, meters: [{ type: 'overload', alarm: 'late', target: 100, interval: 300 }] },
      'broker',
    )
    const log = heard('genpool:alarm:set', 'genpool:alarm:clear')
    const match = async (): Promise<void> => {
      asyncAsk(broker, 'a')
      await askR(broker, 'm')
    }
    const warnings: unknown[] = []
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void warnings.push(args))
    offs.push(
      onEvent('genpool:alarm:set', () => {
        throw new Error('bad listener')
      }),
    )
    for (let i = 0; i < 8; i++) {
      const turn = match()
      clock.block(150)
      await turn
      await match()
      await clock.settle()
    }
    await clock.advance(3000)
    emit.mockRestore()
    expect(log.map(([, name, event]) => [name, event.pool, (event as { alarm?: string }).alarm])).toEqual([
      ['genpool:alarm:set', 'broker', 'late'],
      ['genpool:alarm:clear', 'broker', 'late'],
    ])
    expect(log[0]![2].ref).toBe(broker)
    expect(warnings).toHaveLength(1)
  })
})

describe('events of the circuit breaker', () => {
  const opened = async (): Promise<{ pool: ReturnType<typeof spawned>; states: () => unknown[] }> => {
    const pool = spawned({ breaker: { failures: 3, wait: 1000, probes: 1 } })
    const log = heard('genpool:breaker:change')
    broken = true
    for (let i = 0; i < 3; i++) {
      work(pool, 1, 0, 'compute')
      await clock.advance(1)
    }
    broken = false
    const states = (): unknown[] =>
      log.map(([, , event]) => {
        const { from, to, retryAfterMs } = event as PoolEvents['genpool:breaker:change']
        return [from, to, retryAfterMs]
      })
    expect(states()).toEqual([['closed', 'open', 1000]])
    return { pool, states }
  }

  it('tell that it half-opens when it does, though no request comes', async () => {
    const { states } = await opened()
    await clock.advance(998)
    expect(states()).toHaveLength(1)
    await clock.advance(2)
    expect(states().slice(1)).toEqual([['open', 'half-open', 0]])
    await clock.advance(10_000)
    expect(states()).toHaveLength(2)
  })

  it('tell it again each time that a probe has failed', async () => {
    const { pool, states } = await opened()
    broken = true
    await clock.advance(1000)
    work(pool, 1, 0, 'compute')
    await clock.advance(1)
    await clock.advance(1998)
    expect(states().slice(1)).toEqual([
      ['open', 'half-open', 0],
      ['half-open', 'open', 2000],
    ])
    await clock.advance(2)
    expect(states().slice(3)).toEqual([['open', 'half-open', 0]])
  })

  it('tell nothing more of a breaker that was taken away, or of a pool that has stopped', async () => {
    const { pool, states } = await opened()
    configure(pool, { breaker: false })
    await clock.advance(2000)
    expect(states().slice(1)).toEqual([['open', 'closed', 0]])
    stop(pool as never)
    const other = await opened()
    stop(other.pool as never)
    await clock.advance(2000)
    expect(other.states()).toHaveLength(1)
  })

  it('tell when it opens, tries and closes, and that nothing is refused when it is removed', async () => {
    const pool = spawned({ breaker: { failures: 3, wait: 1000, probes: 1 } })
    const log = heard('genpool:breaker:change')
    const states = (): unknown[] =>
      log.map(([, , event]) => {
        const { from, to, retryAfterMs } = event as PoolEvents['genpool:breaker:change']
        return [from, to, retryAfterMs]
      })
    const one = async (): Promise<void> => {
      work(pool, 1, 0, 'compute')
      await clock.advance(1)
    }
    broken = true
    for (let i = 0; i < 5; i++) await one()
    expect(states()).toEqual([['closed', 'open', 1000]])
    broken = false
    await clock.advance(1000)
    await one()
    expect(states().slice(1)).toMatchObject([
      ['open', 'half-open', expect.any(Number)],
      ['half-open', 'closed', 0],
    ])
    broken = true
    for (let i = 0; i < 5; i++) await one()
    broken = false
    configure(pool, { breaker: false })
    await clock.settle()
    expect(states().slice(3)).toMatchObject([
      ['closed', 'open', 1000],
      ['open', 'closed', 0],
    ])
  })
})
