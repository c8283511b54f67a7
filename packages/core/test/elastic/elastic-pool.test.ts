import {
  call,
  configure,
  definePool,
  drain,
  getMembers,
  initThen,
  inspect,
  noReply,
  OptionsError,
  type PoolOptions,
  ready,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { spawnBroker } from '@genpool/broker'
import { clock, system } from '../virtual-system'

/** A pool whose members open something, and write down what they open and close. */
const spawned = (options: PoolOptions, open: () => unknown = () => undefined) => {
  const log: string[] = []
  const Worker = definePool({
    init: async (ctx) => {
      log.push(`init ${ctx.member.name}`)
      await open()
      return { name: ctx.member.name }
    },
    calls: {
      work: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('done')
      },
    },
    terminate: (reason, state) => void log.push(`terminate ${state.name} ${String(reason)}`),
  })
  const pool = spawnPool(system, Worker, 'pool', { state: 'isolated', clock, ...options })
  const work = (count: number, ms: number) => {
    const answers = Promise.all(Array.from({ length: count }, () => call(pool, { type: 'work', ms })))
    answers.catch(() => undefined)
    return answers
  }
  return { pool, log, work, size: () => inspect(pool).size }
}
const failing = (): never => {
  throw new Error('no connection')
}

describe('a pool of elastic size', () => {
  it('has the minimum of members and no timer while nothing happens', async () => {
    const { size } = spawned({ size: { min: 2, max: 10 } })
    await clock.advance(60_000)
    expect(size()).toBe(2)
    expect(clock.timers).toBe(0)
  })

  it('grows under load up to its bound, one member at a time, and shrinks after it', async () => {
    const { size, work, log } = spawned({ size: { min: 1, max: 4, idle: 1000 } })
    const answers = work(100, 20)
    const sizes: number[] = []
    for (let i = 0; i < 60; i++) {
      await clock.advance(10)
      sizes.push(size())
    }
    expect(Math.max(...sizes)).toBe(4)
    expect(sizes.slice(1).every((after, i) => after - sizes[i]! <= 1)).toBe(true)
    await clock.advance(2000)
    await answers
    expect(size()).toBe(1)
    expect(log.filter((line) => line.startsWith('terminate'))).toHaveLength(3)
    await clock.advance(60_000)
    expect(clock.timers).toBe(0)
  })

  it('starts a member while all others are busy, before a request has to wait', async () => {
    const { size, work, pool } = spawned({ size: { min: 1, max: 4 } })
    await clock.advance(0)
    void work(1, 10_000)
    await clock.advance(200)
    expect(inspect(pool).waiting).toBe(0)
    expect(size()).toBe(2)
    await clock.advance(5000)
    expect(size()).toBe(2)
  })

  it('with no member is woken by the first request, and goes back to none', async () => {
    const { pool, size, work, log } = spawned({ size: { min: 0, max: 3, idle: 500 } })
    await ready(pool)
    expect([size(), getMembers(pool).length, log.length]).toEqual([0, 0, 0])
    const answers = work(3, 5)
    await clock.advance(0)
    expect(size()).toBe(1)
    await clock.advance(50)
    expect(await answers).toEqual(['done', 'done', 'done'])
    await clock.advance(1000)
    expect([size(), clock.timers]).toEqual([0, 0])
    expect(log).toEqual(['init member-1.1', 'terminate member-1.1 resized'])
    const again = work(1, 5)
    await clock.advance(10)
    expect(await again).toEqual(['done'])
  })

  it('with no member runs the continue step of init', async () => {
    const continued: unknown[] = []
    const Worker = definePool({
      init: () => initThen({ n: 0 }, { continue: 'warm up' }),
      handleContinue: (argument) => {
        continued.push(argument)
        return noReply()
      },
      calls: { get: () => reply(1) },
    })
    spawnPool(system, Worker, 'pool', { size: { min: 0, max: 2 }, clock })
    await clock.advance(1)
    expect(continued).toEqual(['warm up'])
  })

  it('does not start too many members when starts are slow', async () => {
    const { work, log, size } = spawned({ size: { min: 1, max: 50, valve: 'open' } }, () => clock.wait(1000))
    void work(500, 20)
    await clock.advance(990)
    expect(log).toEqual(['init member-1.1'])
    await clock.advance(1000)
    expect(size()).toBe(2)
    await clock.advance(1000)
    expect(size()).toBeLessThanOrEqual(4)
  })

  it('keeps working with its members when no more can be started', async () => {
    let broken = false
    const { pool, work, log, size } = spawned(
      { size: { min: 1, max: 10 }, restart: { attempts: 3, backoff: { min: 50, jitter: 0 } } },
      () => (broken ? failing() : undefined),
    )
    await ready(pool)
    broken = true
    const answers = work(100, 20)
    await clock.advance(3000)
    expect(await answers).toHaveLength(100)
    expect(inspect(pool).phase).toBe('running')
    const tries = log.filter((line) => line.startsWith('init')).length
    expect(tries).toBeGreaterThan(3)
    expect(tries).toBeLessThan(60)
    broken = false
    const more = work(100, 20)
    await clock.advance(3000)
    await more
    expect(size()).toBeGreaterThan(1)
  })

  it('gives up like a fixed-size pool when not even the first member can be started', async () => {
    const quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
    const { pool, work } = spawned({ size: { min: 1, max: 10 }, restart: { attempts: 3 } }, failing)
    const answer = expect(work(1, 5)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    await clock.advance(3000)
    await answer
    expect(inspect(pool).phase).toBe('stopped')
    quiet.mockRestore()
  })

  it('opens and closes each member exactly once, also when it is drained while it grows', async () => {
    const { pool, work, log } = spawned({ size: { min: 1, max: 8, valve: 'open', idle: 100 } }, () => clock.wait(5))
    void work(60, 20)
    await clock.advance(200)
    const done = drain(pool)
    await clock.advance(2000)
    await done
    const names = (word: string): unknown[] =>
      log.filter((line) => line.startsWith(word)).map((line) => line.split(' ')[1])
    expect(names('init').length).toBeGreaterThan(3)
    expect(names('terminate').sort()).toEqual(names('init').sort())
    expect(new Set(names('terminate')).size).toBe(names('terminate').length)
  })

  it('grows and shrinks with a shared state, which stays', async () => {
    const Counter = definePool({
      init: () => ({ count: 0 }),
      calls: {
        add: async () => {
          await clock.wait(20)
          return reply(
            (state: { count: number }) => state.count,
            (draft) => void draft.count++,
          )
        },
        get: (_msg: object, state) => reply(state.count),
      },
    })
    const pool = spawnPool(system, Counter, 'counter', { size: { min: 1, max: 5, idle: 300 }, clock })
    const answers = Promise.all(Array.from({ length: 100 }, () => call(pool, { type: 'add' })))
    await clock.advance(400)
    expect(inspect(pool).size).toBeGreaterThan(2)
    await clock.advance(2000)
    await answers
    expect(inspect(pool).size).toBe(1)
    expect(await call(pool, { type: 'get' })).toBe(100)
  })

  it('lets a member end that the queue of members drops', async () => {
    const { size, work } = spawned({
      size: { min: 1, max: 6, valve: 'open', idle: 1e9 },
      broker: { member: { type: 'timeout', timeout: 50 } },
    })
    const answers = work(60, 20)
    await clock.advance(150)
    const grown = size()
    expect(grown).toBeGreaterThan(2)
    await clock.advance(3000)
    await answers
    expect(size()).toBe(1)
  })

  it('never has fewer members than its bound when one crashes', async () => {
    const Fragile = definePool({
      init: () => 0,
      calls: {
        crash: () => {
          throw new Error('crash')
        },
      },
    })
    const pool = spawnPool(system, Fragile, 'fragile', { size: { min: 2, max: 4 }, state: 'isolated', clock })
    await call(pool, { type: 'crash' }).catch(() => undefined)
    await clock.settle()
    expect(getMembers(pool)).toHaveLength(2)
  })
})

describe('changing the size of a pool that runs', () => {
  it('applies new bounds, and loses no request', async () => {
    const { pool, size, work } = spawned({ size: { min: 1, max: 3, valve: 'open' } })
    const answers = work(100, 20)
    await clock.advance(100)
    expect(size()).toBe(3)
    expect(configure(pool, { size: { min: 5, max: 8 } }).map(({ path }) => path)).toEqual(['size.min', 'size.max'])
    expect(size()).toBe(5)
    await clock.advance(200)
    expect(size()).toBe(8)
    configure(pool, { size: { min: 1, max: 2 } })
    expect(size()).toBe(2)
    await clock.advance(3000)
    expect(await answers).toHaveLength(100)
    expect(getMembers(pool).length).toBeLessThanOrEqual(2)
  })

  it('makes a fixed size elastic, and an elastic one fixed', async () => {
    const { pool, size, work } = spawned({ size: 4 })
    await clock.advance(10)
    configure(pool, { size: { min: 1, max: 6, idle: 100 } })
    expect(size()).toBe(4)
    await clock.advance(500)
    expect(size()).toBe(1)
    resize(pool, 3)
    await clock.advance(10_000)
    expect([size(), getMembers(pool).length]).toEqual([3, 3])
    void work(50, 20)
    await clock.advance(300)
    expect(size()).toBe(3)
  })

  it('changes the valve', async () => {
    const { pool, size, work } = spawned({
      size: { min: 1, max: 9, valve: { type: 'rate', limit: 1, interval: 1000 } },
    })
    void work(1000, 20)
    await clock.advance(900)
    expect(size()).toBe(1)
    configure(pool, { size: { valve: 'open' } as never })
    await clock.advance(100)
    expect(size()).toBe(9)
  })

  it.each([
    [{ min: 3, max: 2 }, '"min" must not be greater than "max", but 3 > 2'],
    [{ max: 0 }, 'max'],
    [{ min: 1 }, 'max'],
    [{ max: 3, valve: 'codle' }, 'valve'],
    [{ max: 3, size: 4 }, 'size'],
  ])('refuses %j and changes nothing', (wrong, message) => {
    const { pool, size } = spawned({ size: 2 })
    expect(() => configure(pool, { size: wrong as never })).toThrow(OptionsError)
    expect(() => configure(pool, { size: wrong as never })).toThrow(message)
    expect(size()).toBe(2)
  })

  it('is refused to a pool that shares its broker', () => {
    const broker = spawnBroker(system, {}, 'broker')
    expect(() => spawned({ size: { max: 3 }, broker: broker as never })).toThrow('its own broker')
    const { pool } = spawned({ size: 2, broker: broker as never })
    expect(() => configure(pool, { size: { max: 3 } })).toThrow('its own broker')
  })
})
