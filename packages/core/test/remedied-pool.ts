import { call, definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from './quiet-system'

/** Pools whose errors are read, for their texts. */
export const Worker = definePool({
  init: () => ({ done: 0 }),
  calls: {
    work: async ({ ms }: { ms: number }) => {
      await clock.wait(ms)
      return reply('done')
    },
    hang: () => new Promise<never>(() => undefined),
    compute: ({ ms }: { ms: number }) => {
      clock.block(ms)
      return reply('done')
    },
    fail: () => {
      throw new Error('connection refused.')
    },
    later: (_message, _state, { from }) => (void from, noReply()),
  },
})
export const spawned = (options: PoolOptions = {}) => spawnPool(system, Worker, 'pool', { size: 2, clock, ...options })
export type Pool = ReturnType<typeof spawned>

/** The text and the cause of the error that a call ends with. */
export interface Failed {
  readonly says: string
  readonly cause: unknown
}
export const failed = (pool: Pool, message: object, options: object = {}): Promise<Failed> =>
  call(pool, message as never, options).then(
    (value) => ({ says: `answered ${String(value)}`, cause: undefined }),
    (error: Error) => ({ says: error.message, cause: error.cause }),
  )
export const send = (pool: Pool, messages: number, message: object, options: object = {}): void => {
  for (let i = 0; i < messages; i++) {
    call(pool, message as never, { timeout: Infinity, ...options }).catch(() => undefined)
  }
}
