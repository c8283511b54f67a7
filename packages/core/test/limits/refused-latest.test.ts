import { spawnBroker } from '@genpool/broker'
import { cast, definePool, inspect, type PoolOptions, spawnPool } from '@genpool/core'
import { clock, system } from '../quiet-system'

interface Work {
  k?: unknown
}

describe('a newer cast of one "latest" that limits refuse', () => {
  const Indexer = definePool({
    casts: {
      index: async (message: Work) => {
        seen.push(message.k)
        await clock.wait(20)
      },
    },
  })
  let seen: unknown[] = []
  class Instance {
    x = 1
  }
  beforeEach(() => void (seen = []))

  it.each<[string, PoolOptions, unknown]>([
    ['costs too much', { rate: { limit: 5, interval: 10, cost: 'k' } }, 100],
    ['has a broken cost', { rate: { limit: 5, interval: 10, cost: 'k' } }, null],
    ['has a message that throws', { limits: { by: (({ k }: Work) => (k as number).toFixed()) as never } }, undefined],
    ['has a key that is none', { limits: { by: 'k', concurrency: 2 } }, new Instance()],
    ['has no key of a fair queue', { broker: { client: { type: 'fair', by: { property: 'k' } } } }, new Instance()],
  ])('since it %s is refused, and the one that waits is run', async (_name, options, bad) => {
    for (const shared of [false, true]) {
      seen = []
      // A shared broker has the options of both.
      const { broker: own, ...limits } = options as { broker?: object }
      const broker = shared ? spawnBroker(system, { clock, ...own, ...limits }) : undefined
      const pool = spawnPool(system, Indexer, `pool-${String(shared)}`, {
        size: 1,
        clock,
        ...(shared ? { broker } : options),
      } as never)
      const send = (k: unknown) => {
        const result = cast(pool, { type: 'index', k } as never, { latest: 'a' })
        return result.ok ? 'ok' : result.error.code
      }
      await clock.advance(1)
      cast(pool, { type: 'index', k: 1 } as never)
      await clock.advance(1)
      expect([send(2), send(bad), send(3), send(bad)]).toEqual([
        'ok',
        'ERR_GENPOOL_INVALID',
        'ok',
        'ERR_GENPOOL_INVALID',
      ])
      await clock.advance(500)
      expect(seen).toEqual([1, 3])
      expect(inspect(pool)).toMatchObject({ phase: 'running', outcomes: { replied: 2, replaced: 1, invalid: 2 } })
    }
  })
})
