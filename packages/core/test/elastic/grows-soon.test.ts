import { call, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

it('grows for a request that has to wait just after a look at the size, although nothing else comes', async () => {
  const Work = definePool({
    calls: {
      work: async ({ ms }: { ms: number }) => {
        await clock.wait(ms)
        return reply('done')
      },
    },
  })
  const pool = spawnPool(system, Work, 'pool', { size: { min: 1, max: 2 }, state: 'isolated', clock })
  await clock.advance(10)
  void call(pool, { type: 'work', ms: 60_000 }, { timeout: 90_000 }).catch(() => undefined)
  void call(pool, { type: 'work', ms: 1 }, { timeout: 5000 }).catch(() => undefined)
  await clock.advance(1000)
  expect(inspect(pool).waiting).toBe(0)
})
