import { call, definePool, inspect, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

describe('an abort that a handler throws for a reason of its own', () => {
  it('is a crash while another caller waits for its batch', async () => {
    const Fetches = definePool({
      calls: {
        get: {
          batch: 2,
          handle: async () => {
            await clock.wait(100)
            throw Object.assign(new Error('the operation timed out'), { name: 'AbortError' })
          },
        },
      },
    })
    const pool = spawnPool(system, Fetches, 'fetches', { size: 1, clock })
    await clock.settle()
    const controller = new AbortController()
    const asked = [call(pool, { type: 'get' }, { signal: controller.signal }), call(pool, { type: 'get' })]
    const codes = Promise.all(asked.map((one) => one.catch(({ code }: { code: string }) => code)))
    await clock.advance(50)
    controller.abort()
    await clock.advance(100)
    expect(await codes).toEqual(['ERR_GENPOOL_CANCELLED', 'ERR_GENPOOL_CRASHED'])
    expect(inspect(pool).restarts).toBe(1)
  })
})
