import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

export const spawned = (options: PoolOptions = {}) => {
  const infos: string[] = []
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('done')
      },
    },
    casts: { note: () => undefined },
    handleInfo: (message, _state, ctx) => void infos.push(`${String(message)} to ${ctx.member.name}`),
  })
  return { infos, pool: spawnPool(system, Work, 'pool', { size: 2, clock, ...options }) }
}
export type Pool = ReturnType<typeof spawned>['pool']
export const work = (pool: Pool, ms: number, timeout = Infinity): Promise<unknown> =>
  call(pool, { type: 'work', ms }, { timeout }).catch((error: { code: string }) => error.code)
