import {
  call,
  cast,
  definePool,
  drain,
  explain,
  inspect,
  noReply,
  type PoolOptions,
  type PoolRef,
  reply,
  spawnPool,
} from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from './virtual-system'

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  )

describe('a handler that awaits the drain of its own pool', () => {
  const closing = (options: PoolOptions = {}) => {
    const log: string[] = []
    const Closing = definePool({
      init: () => 0,
      calls: {
        work: async (msg: { ms: number }) => {
          await clock.wait(msg.ms)
          log.push(`worked ${msg.ms}`)
          return reply('worked')
        },
        close: async (): Promise<never> => {
          await drain(pool)
          log.push('drained')
          return reply('closed') as never
        },
        late: async (): Promise<never> => {
          await clock.wait(1)
          await drain(pool)
          return reply('closed') as never
        },
      },
      casts: {
        close: () => {
          void drain(pool).then(() => log.push('drained'))
          return noReply()
        },
      },
      terminate: (_reason, _state, ctx) => void log.push(`terminate ${ctx.member.name}`),
    })
    const pool: PoolRef = spawnPool(system, Closing, 'closing', { size: 3, clock, ...options }) as never
    const work = (ms: number): Promise<unknown> => failure(call(pool, { type: 'work', ms } as never))
    const close = (type = 'close'): Promise<unknown> => failure(call(pool, { type } as never))
    return { pool, log, work, close }
  }

  it('waits for all but itself; the pool stops when it has returned', async () => {
    const { pool, log, work, close } = closing()
    const others = [work(100), work(200)]
    const closed = close()
    await clock.advance(199)
    expect(log).toEqual(['worked 100'])
    await clock.advance(1)
    expect(await Promise.all([closed, ...others])).toEqual(['closed', 'worked', 'worked'])
    expect(log.slice(1, 3)).toEqual(['worked 200', 'drained'])
    expect(log.slice(3).sort()).toEqual(['terminate member-1.1', 'terminate member-2.1', 'terminate member-3.1'])
    expect([inspect(pool).phase, clock.timers]).toEqual(['stopped', 0])
  })

  it('may be alone, and may be two', async () => {
    const one = closing({ size: 1 })
    const alone = one.close()
    await clock.settle()
    expect(await alone).toBe('closed')
    const two = closing()
    const both = [two.close(), two.close()]
    await clock.settle()
    expect(await Promise.all(both)).toEqual(['closed', 'closed'])
    expect(inspect(two.pool).phase).toBe('stopped')
  })

  it('does not let others believe that the pool is drained', async () => {
    const { pool, log, work, close } = closing()
    const other = work(50)
    const closed = close()
    const drained = drain(pool).then(() => log.push('drained outside'))
    await clock.advance(50)
    await Promise.all([other, closed, drained])
    expect(log.indexOf('drained')).toBeLessThan(log.indexOf('drained outside'))
    expect(log.indexOf('terminate member-2.1')).toBeLessThan(log.indexOf('drained outside'))
  })

  it('works for a cast that only begins the drain', async () => {
    const { pool, log } = closing({ size: 1 })
    cast(pool, { type: 'close' } as never)
    await clock.settle()
    expect(log).toEqual(['terminate member-1.1', 'drained'])
  })

  it('goes on when the pool is stopped meanwhile, and all others have ended', async () => {
    const { pool, log, work, close } = closing({ size: 2 })
    const [worked, closed] = [work(500), close()]
    await clock.advance(100)
    stop(pool)
    expect(await Promise.all([worked, closed])).toMatchObject([
      { code: 'ERR_GENPOOL_STOPPED' },
      { code: 'ERR_GENPOOL_STOPPED' },
    ])
    await clock.advance(100)
    expect(log).toEqual([])
    await clock.advance(300)
    expect(log).toEqual(['worked 500', 'terminate member-1.1', 'drained', 'terminate member-2.1'])
  })

  it('may drain twice: where one has a limit that passes, the other one ends, too', async () => {
    let ended = 0
    const Twice = definePool({
      calls: {
        work: async () => (await clock.wait(500), reply('worked')),
        close: async () => {
          await Promise.all([drain(pool, { within: 100 }), drain(pool)].map((one) => one.then(() => ended++)))
          return reply('closed')
        },
      },
    })
    const pool: PoolRef = spawnPool(system, Twice, 'twice', { size: 2, clock }) as never
    await clock.settle()
    const asked = ['work', 'close'].map((type) => failure(call(pool, { type } as never)))
    await clock.advance(100)
    expect([ended, inspect(pool).phase]).toEqual([1, 'stopped'])
    await clock.advance(500)
    expect(ended).toBe(2)
    await Promise.all(asked)
  })

  it('after another await is not recognised: its limit, "stuckAfter" and explain help', async () => {
    const { pool, close } = closing({ size: 1, stuckAfter: 5000 })
    const closed = close('late')
    await clock.advance(2001)
    expect(explain(pool).findings[0]).toMatchObject({
      finding: 'draining',
      says: expect.stringContaining('a handler of "late" has been running for 2 s'),
      advice: expect.stringContaining('drain of its own pool'),
    })
    await clock.advance(3000)
    expect(await closed).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    expect(inspect(pool).phase).toBe('stopped')
  })
})
