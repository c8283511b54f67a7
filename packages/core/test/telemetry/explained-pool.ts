import { call, definePool, explain, type FindingName, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

/* A pool that is looked at, in virtual time: of each test its own. */
export const Worker = definePool({
  init: () => ({ done: 0 }),
  calls: {
    work: async (msg: { ms: number; tenant?: string }) => {
      await clock.wait(msg.ms)
      return reply('done', (draft) => {
        draft.done += 1
      })
    },
    count: async (msg: { ms: number }, state) => {
      await clock.wait(msg.ms)
      return reply('done', { done: state.done + 1 })
    },
    compute: (msg: { ms: number }) => {
      clock.block(msg.ms)
      return reply('done')
    },
    fail: () => {
      throw new Error('connection refused')
    },
    later: () => noReply(),
  },
})
export const spawned = (options: PoolOptions = {}) => spawnPool(system, Worker, 'pool', { size: 2, clock, ...options })
export type Pool = ReturnType<typeof spawned>

/** Sends so many messages at once, and forgets about the answers. */
export const send = (pool: Pool, messages: number, message: object, options: object = {}): void => {
  for (let i = 0; i < messages; i++) {
    call(pool, message as never, { timeout: Infinity, ...options }).catch(() => undefined)
  }
}
export const names = (pool: Pool): FindingName[] => explain(pool).findings.map(({ finding }) => finding)
export const finding = (pool: Pool, name: FindingName) => {
  const found = explain(pool).findings.find((each) => each.finding === name)
  if (found === undefined) throw new Error(`not found; there are: ${names(pool).join(', ')}`)
  return found
}
