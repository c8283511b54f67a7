import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { system } from '../virtual-system'

interface Work {
  readonly user?: string
  /** How long to back off, at the first run. */
  readonly backOff?: number
  readonly again?: boolean
  readonly key?: unknown
}

/** A pool that writes down who begins when, in milliseconds. */
export const backing = (options: PoolOptions = {}) => {
  const clock = virtualClock()
  const began: string[] = []
  const Worker = definePool({
    init: () => ({ count: 0 }),
    calls: {
      work: async ({ user = '', backOff, again = false, key }: Work, _state, ctx) => {
        began.push(`${user}@${Math.round(clock.now() / 1e6)}`)
        await Promise.resolve()
        const more = key === undefined ? {} : { key }
        if (backOff !== undefined && ctx.attempt === 1) {
          if (again) return ctx.backOff(backOff, { ...more, again })
          ctx.backOff(backOff, more)
        }
        return reply(`${user}${ctx.attempt}`, (draft: { count: number }) => void draft.count++)
      },
    },
  })
  const pool = spawnPool(system, Worker, 'pool', { size: 4, clock, ...options })
  const send = (work: Work, more = {}) => call(pool, { type: 'work', ...work }, more)
  return { clock, began, pool, send }
}
