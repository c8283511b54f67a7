import { call, configure, definePool, type PoolOptions, type PoolRef, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

interface Work {
  readonly tenant: string
  readonly user: string
  readonly n: number
  readonly backOff?: readonly [number, { readonly key: string | null }]
}

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

let pools = 0
const settle = async (clock: ReturnType<typeof virtualClock>): Promise<void> => {
  for (let i = 0; i < 200; i++) await clock.advance(20)
}

/** The order in which 24 messages begin that are sent in one turn, if the pool is changed when the first has begun. */
async function order(options: PoolOptions, change: (pool: PoolRef) => void): Promise<number[]> {
  const got: number[] = []
  const clock = virtualClock()
  const Behaviour = definePool({
    calls: {
      work: async ({ n }: Work) => {
        got.push(n)
        await clock.wait(3)
        return reply(n)
      },
    },
  })
  const pool = spawnPool(system, Behaviour, `pool-${pools++}`, { size: 1, timeout: 20_000, clock, ...options })
  const all = Array.from({ length: 24 }, (_, n) =>
    call(pool, { type: 'work', tenant: 'abcd'[n % 4] as string, user: 'xyz'[n % 3] as string, n }),
  )
  await clock.advance(1)
  change(pool)
  await settle(clock)
  await Promise.all(all)
  return got
}

const inOrder = Array.from({ length: 24 }, (_, n) => n)
const byTenant = { limits: { by: 'tenant', concurrency: 1 } }
const keyedRate = { rate: { by: 'tenant', limit: 1, interval: 1000 } }

describe('what waits when a live pool changes', () => {
  it.each<[string, PoolOptions, PoolOptions]>([
    ['limits are removed', byTenant, { limits: false }],
    ['they find another key', byTenant, { limits: { by: 'user', concurrency: 1 } }],
    ['a rate of keys is removed', keyedRate, { rate: false }],
    ['it becomes one of all', keyedRate, { rate: { limit: 1000, interval: 1, by: undefined } }],
    ['limits are removed, with another queue', byTenant, { limits: false, broker: { client: { type: 'timeout' } } }],
    ['weights are removed', { limits: { by: 'tenant', concurrency: 1, weight: { a: 1 } } }, { limits: false }],
  ])('is served in the order in which it was sent: %s', async (_, before, after) => {
    expect(await order(before, (pool) => configure(pool, after as never))).toEqual(inOrder)
  })
})

describe('what waits for back-offs', () => {
  it('is served in the order in which it was sent when that of its key ends before that of the pool', async () => {
    const got: string[] = []
    const clock = virtualClock()
    const Behaviour = definePool({
      calls: {
        work: async ({ tenant, n, backOff }: Work, _state, ctx) => {
          got.push(tenant + n)
          if (backOff !== undefined) ctx.backOff(...backOff)
          return reply(n)
        },
      },
    })
    const pool = spawnPool(system, Behaviour, 'pool', { size: 1, clock, limits: { by: 'tenant', concurrency: 2 } })
    const send = (tenant: string, n: number, backOff?: Work['backOff']): Promise<unknown> =>
      call(pool, { type: 'work', tenant, user: 'x', n, ...(backOff !== undefined && { backOff }) })
    const first = send('x', 0, [20, { key: 'a' }])
    await clock.settle()
    await first
    const second = send('x', 1, [60, { key: null }])
    await clock.settle()
    await second
    const all = [send('a', 2), send('c', 3), send('a', 4), send('d', 5)]
    await settle(clock)
    await Promise.all(all)
    expect(got).toEqual(['x0', 'x1', 'a2', 'c3', 'a4', 'd5'])
  })
})
