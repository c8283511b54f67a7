import { call, defineTask, explain, type PoolOptions, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { system } from '../virtual-system'
import { limited } from './limited'

const BUSY = /All members are busy \(\d of \d\)/
/** What holds back the key "a" alone, and what the error of a request of that key says. */
const HOLDS_OF_A: [string, PoolOptions, RegExp][] = [
  [
    'limits',
    { limits: { by: 'user', concurrency: 1 } },
    /1 request waits for the limits of its key: .*; 1 of 1 belongs to "a"/,
  ],
  [
    'a rate of each key',
    { rate: { limit: 1, interval: 1000, by: 'user' } },
    /the rate of work.*; 1 of 1 belongs to "a"/,
  ],
  [
    'a rate in the limits',
    { limits: { by: 'user', rate: { limit: 1, interval: 1000 } } },
    /1 request waits for the limits of its key: .*may begin in 1 s.*"a"/,
  ],
]

describe('the error of a request that expired in the queue', () => {
  it.each(HOLDS_OF_A)('blames what held that request, and not what holds others: %s', async (_name, options, blame) => {
    const { clock, send } = limited({ size: 2, ...options })
    const all = [send({ user: 'a', ms: 100 }), send({ user: 'b', ms: 100 })]
    const texts = ['a', 'c'].map((user) => send({ user }, { timeout: 30 }).catch(({ message }: Error) => message))
    await clock.advance(40)
    const [ofA, ofC] = await Promise.all(texts)
    expect(ofA).toMatch(blame)
    expect(ofC).toMatch(BUSY)
    expect(ofC).not.toContain('"a"')
    await clock.advance(2000)
    await Promise.all(all)
  })

  it('blames a back-off only if it held that request', async () => {
    const clock = virtualClock()
    const worker = defineTask(async ({ user }: { user: string }, ctx) => {
      if (user === 'a') return ctx.backOff(500)
      return clock.wait(100)
    })
    const pool = spawnPool(system, worker, 'pool', { clock, size: 1, limits: { by: 'user', concurrency: 4 } })
    await call(pool, { user: 'a' })
    const all = call(pool, { user: 'b' })
    const texts = ['a', 'c'].map((user) => call(pool, { user }, { timeout: 30 }).catch(({ message }: Error) => message))
    await clock.advance(40)
    const [ofA, ofC] = await Promise.all(texts)
    expect(ofA).toContain('1 key backs off, "a"')
    expect(ofC).toMatch(BUSY)
    await clock.advance(500)
    await all
  })

  it('blames a rate of all and a back-off of all, which hold every request', async () => {
    const { clock, send } = limited({ size: 2, rate: { limit: 1, interval: 1000 } })
    const first = send({ user: 'a' })
    const text = send({ user: 'c' }, { timeout: 30 }).catch(({ message }: Error) => message)
    await clock.advance(40)
    expect(await text).toContain('1 request waits for the rate of work')
    await first
  })

  it('blames the key of a fair queue as little', async () => {
    const broker = { client: { type: 'fair', by: { property: 'user' } } } as const
    const { clock, send } = limited({ size: 2, broker, limits: { by: 'user', concurrency: 1 } })
    const all = [send({ user: 'a', ms: 100 }), send({ user: 'b', ms: 100 })]
    const texts = ['a', 'c'].map((user) => send({ user }, { timeout: 30 }).catch(({ message }: Error) => message))
    await clock.advance(40)
    expect((await Promise.all(texts)).map((text) => BUSY.test(String(text)))).toEqual([false, true])
    await clock.advance(2000)
    await Promise.all(all)
  })

  it('blames the rate of all for one whose key may begin', async () => {
    const { clock, send } = limited({
      size: 4,
      limits: { by: 'user', concurrency: 1 },
      rate: { limit: 2, interval: 1000 },
    })
    const all = [send({ user: 'a', ms: 100 }), send({ user: 'b', ms: 100 })]
    const texts = ['a', 'c'].map((user) => send({ user }, { timeout: 30 }).catch(({ message }: Error) => message))
    await clock.advance(40)
    const [ofA, ofC] = await Promise.all(texts)
    expect(ofA).toContain('limits of its key')
    expect(ofC).toContain('the rate of work')
    await clock.advance(2000)
    await Promise.all(all)
  })
})

describe('the error of a request that waited too long for its queue', () => {
  it('blames the members, if no limit held that request', async () => {
    const { clock, send } = limited({
      size: 2,
      broker: { client: { type: 'timeout', timeout: 30 } },
      limits: { by: 'user', concurrency: 1 },
    })
    const all = [send({ user: 'a', ms: 100 }), send({ user: 'b', ms: 100 })]
    const texts = ['a', 'c'].map((user) => send({ user }).catch(({ message }: Error) => message))
    await clock.advance(150)
    const [ofA, ofC] = await Promise.all(texts)
    expect(ofA).toContain('limits of its key')
    expect(ofC).toMatch(BUSY)
    await Promise.all(all)
  })
})

describe('an explanation of what several causes hold back', () => {
  it('names each of them', async () => {
    const { clock, pool, send } = limited({ size: 2, limits: { by: 'user', concurrency: 1 } })
    const all = ['a', 'b', 'a', 'c'].map((user) => send({ user, ms: 100 }))
    await clock.advance(40)
    expect(explain(pool).findings.map(({ finding }) => finding)).toEqual(['limits', 'members-busy'])
    await clock.advance(1000)
    await Promise.all(all)
  })
})
