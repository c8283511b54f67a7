import {
  call,
  configure,
  definePool,
  onEvent,
  type PoolEventName,
  type PoolEvents,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { changeConfig, spawnBroker } from '@genpool/broker'
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

const heard = <N extends PoolEventName>(name: N): PoolEvents[N][] => {
  const events: PoolEvents[N][] = []
  offs.push(onEvent(name, (event) => void events.push(event)))
  return events
}

const Worker = definePool({
  calls: {
    work: async ({ ms = 0 }: { user?: string; ms?: number; tokens?: number }) => {
      await clock.wait(ms)
      return reply(true)
    },
  },
})
const spawned = (options: PoolOptions, name = 'pool') =>
  spawnPool(system, Worker, name, { size: 8, state: 'isolated', clock, ...options } as never)
const work = (pool: ReturnType<typeof spawned>, user: string, ms = 0, more = {}) =>
  call(pool, { type: 'work', user, ms } as never, more).catch((error: { code: string }) => error.code)

describe('the event of a request that is held', () => {
  it('names the limit of a key, the key, and the request', async () => {
    const pool = spawned({ limits: { by: 'user', concurrency: 1 } })
    const held = heard('genpool:request:held')
    const settled = heard('genpool:request:settled')
    const all = Promise.all([work(pool, 'ada', 10), work(pool, 'ada', 5), work(pool, 'bob', 5)])
    await clock.advance(100)
    await all
    expect(held).toMatchObject([
      { pool: 'pool', type: 'work', kind: 'call', message: { user: 'ada', ms: 5 }, limit: 'limits', limitKey: 'ada' },
    ])
    expect(settled.map(({ waitedMs, heldMs }) => [waitedMs, heldMs])).toEqual([
      [0, 0],
      [0, 0],
      [10, 10],
    ])
  })

  it('comes for a rate of all, of those that wait behind others for it too', async () => {
    const pool = spawned({ rate: { limit: 2, interval: 100 } })
    const held = heard('genpool:request:held')
    const settled = heard('genpool:request:settled')
    const all = Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (user) => work(pool, user)))
    await clock.advance(300)
    await all
    expect(held.map(({ message, limit, limitKey }) => [(message as { user: string }).user, limit, limitKey])).toEqual([
      ['c', 'rate', undefined],
      ['d', 'rate', undefined],
      ['e', 'rate', undefined],
    ])
    expect(settled.map(({ heldMs }) => heldMs)).toEqual([0, 0, 100, 100, 200])
  })

  it('comes in a long queue and with costs, and not while only members are missing', async () => {
    const pool = spawned({ size: 1, rate: { limit: 3, interval: 100, by: 'user', cost: 'tokens' } })
    const held = heard('genpool:request:held')
    const all = Promise.all(
      [1, 2, 2].map(async (tokens) => call(pool, { type: 'work', user: 'a', tokens, ms: 10 } as never)),
    )
    await clock.advance(300)
    await all
    expect(held).toMatchObject([{ limit: 'rate', limitKey: 'a', message: { tokens: 2 } }])
  })

  it('tells how long a request was held that expires, and one that is held by both limits in turn', async () => {
    const pool = spawned({ rate: { limit: 2, interval: 100 }, limits: { by: 'user', concurrency: 1 } })
    const held = heard('genpool:request:held')
    const settled = heard('genpool:request:settled')
    const all = Promise.all([
      work(pool, 'a', 30),
      work(pool, 'a', 0),
      work(pool, 'b', 0),
      work(pool, 'b', 0, { timeout: 20 }),
    ])
    await clock.advance(300)
    await all
    // The second one of "a" waits for its user until 30, and then for the rate until 100.
    expect(held.map(({ limit, limitKey }) => [limit, limitKey])).toEqual([
      ['limits', 'a'],
      ['limits', 'b'],
      ['rate', undefined],
      ['rate', undefined],
    ])
    // A deadline may be a little late.
    expect(settled.map(({ outcome, heldMs }) => [outcome, Math.round(heldMs / 10) * 10])).toEqual([
      ['replied', 0],
      ['expired', 20],
      ['replied', 0],
      ['replied', 100],
    ])
  })

  it('ends when the limit is taken away, and does not begin again', async () => {
    const pool = spawned({ size: 1, limits: { by: 'user', rate: { limit: 1, interval: 1000 } } })
    const settled = heard('genpool:request:settled')
    const all = Promise.all([work(pool, 'a', 50), work(pool, 'a', 0), work(pool, 'a', 0)])
    await clock.advance(20)
    configure(pool, { limits: false })
    await clock.advance(100)
    await all
    expect(settled.map(({ waitedMs, heldMs }) => [waitedMs, heldMs])).toEqual([
      [0, 0],
      [50, 20],
      [50, 20],
    ])
  })

  it('comes from a shared broker, with the pool of the request', async () => {
    const broker = spawnBroker(system, { clock, limits: { by: 'user', concurrency: 1 } })
    const [one, two] = [spawned({ broker }, 'one'), spawned({ broker }, 'two')]
    const held = heard('genpool:request:held')
    const settled = heard('genpool:request:settled')
    const all = Promise.all([work(one, 'ada', 10), work(two, 'ada', 5)])
    await clock.advance(100)
    await all
    expect(held).toMatchObject([{ pool: 'two', limit: 'limits', limitKey: 'ada' }])
    expect(settled.map(({ pool, heldMs }) => [pool, heldMs])).toEqual([
      ['one', 0],
      ['two', 10],
    ])
    changeConfig(broker, {})
  })

  it('counts time in which a request also waits for a member, once those before it would use up the rate', async () => {
    const pool = spawned({ size: 1, rate: { limit: 2, interval: 100 } })
    const settled = heard('genpool:request:settled')
    const all = Promise.all(['a', 'b', 'c'].map(async (user) => work(pool, user, 60)))
    await clock.advance(300)
    await all
    expect(settled.map(({ waitedMs, heldMs }) => [waitedMs, heldMs])).toEqual([
      [0, 0],
      [60, 0],
      [120, 120],
    ])
  })

  it('measures nothing while nobody listens: a listener that comes later hears of what is held from then on', async () => {
    const pool = spawned({ limits: { by: 'user', concurrency: 1 } })
    const all = [work(pool, 'a', 10), work(pool, 'a', 10)]
    await clock.advance(5)
    const settled = heard('genpool:request:settled')
    all.push(work(pool, 'a', 10))
    await clock.advance(100)
    await Promise.all(all)
    expect(settled.map(({ heldMs }) => heldMs)).toEqual([0, 0, 15])
  })
})
