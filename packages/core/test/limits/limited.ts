import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { system } from '../virtual-system'

export interface Work {
  readonly user?: string
  readonly ms?: number
  readonly tokens?: number
}

/** A pool that writes down when each message begins, in milliseconds. */
export const limited = (options: PoolOptions) => {
  const clock = virtualClock()
  const began: number[] = []
  const log: string[] = []
  const Worker = definePool({
    calls: {
      work: async ({ user = '', ms = 0 }: Work) => {
        began.push(Math.round(clock.now() / 1e6))
        log.push(`${user}+`)
        if (ms > 0) await clock.wait(ms)
        log.push(`${user}-`)
        return reply(user)
      },
    },
    casts: { note: () => void began.push(Math.round(clock.now() / 1e6)) },
  })
  const pool = spawnPool(system, Worker, 'pool', { size: 8, state: 'isolated', clock, ...options } as never)
  const send = (work: Work = {}, more = {}) => call(pool, { type: 'work', ...work } as never, more)
  return { clock, began, log, pool, send }
}
