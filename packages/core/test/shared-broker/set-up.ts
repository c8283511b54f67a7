import { spawnBroker } from '@genpool/broker'
import { definePool, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

/** A broker, and pools that share it. */
export const setUp = (options = {}) => {
  const served: string[] = []
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { ms: number; fails?: boolean }, _state, ctx) => {
        served.push(ctx.name)
        await clock.wait(msg.ms)
        if (msg.fails === true) throw new Error('no')
        return reply(ctx.name)
      },
    },
  })
  const broker = spawnBroker(system, { ...options, clock }, 'broker')
  const pool = (name: string, size = 1) => spawnPool(system, Work, name, { size, broker, clock })
  return { clock, served, broker, pool }
}
