import { call, definePool, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'

describe('a message with a getter that throws, where its key or its cost is read', () => {
  it.each<[string, PoolOptions]>([
    ['limits.by', { limits: { by: 'k' } }],
    ['rate.by', { rate: { limit: 1, by: 'k' } }],
    ['rate.cost', { rate: { limit: 1, cost: 'k' } }],
    ['a fair queue', { broker: { client: { type: 'fair', by: { property: 'k' } } } }],
  ])('is refused as INVALID: %s', async (_where, options) => {
    const system = start()
    const Shop = definePool({ calls: { a: (_msg: { readonly k: number }) => reply(1) } })
    const pool = spawnPool(system, Shop, 'shop', { paused: true, ...options })
    const message = {
      type: 'a' as const,
      get k(): number {
        throw new Error('no key')
      },
    }
    await expect(call(pool, message)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('at k: reading it threw: no key'),
    })
    expect(inspect(pool).outcomes).toMatchObject({ crashed: 0 })
    stop(system)
  })
})
