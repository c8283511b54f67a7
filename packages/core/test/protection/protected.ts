import {
  call,
  definePool,
  type DroppedError,
  type DropReason,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { clock, system } from '../virtual-system'

/** A pool before a backend that works, or does not. */
export const spawned = (options: PoolOptions, init: () => unknown = () => ({})) => {
  const backend = { works: true, asked: 0 }
  const Caller = definePool({
    init,
    calls: {
      ask: async ({ ms = 1 }: { ms?: number }) => {
        backend.asked++
        const { works } = backend
        await clock.wait(ms)
        if (!works) throw new Error('no connection')
        return reply('answer')
      },
      later: (_msg: object, _state, ctx) => {
        backend.asked++
        void clock.wait(5).then(() => ctx.from.reply('later'))
        return noReply()
      },
      wrong: () => {
        throw new RangeError('no such row')
      },
    },
    casts: {
      tell: () => {
        if (!backend.works) throw new Error('no connection')
        return noReply()
      },
    },
    handleInfo: () => {
      throw new Error('not understood')
    },
  })
  const pool = spawnPool(system, Caller, 'pool', { size: 4, clock, ...options })
  /** Asks at once, and for so long lets time pass. What has become of each: its answer, or why it was refused, or its code. */
  const ask = async (count = 1, forMs = 1): Promise<string[]> => {
    const calls = Array.from({ length: count }, () =>
      call(pool, { type: 'ask' }).catch((error: { code: string; reason?: DropReason }) => error.reason ?? error.code),
    )
    await clock.advance(forMs)
    return Promise.all(calls)
  }
  const refused = (): Promise<DroppedError> => call(pool, { type: 'ask' }).then(fail, (error: DroppedError) => error)
  return { pool, backend, ask, refused }
}
export const fail = (): never => {
  throw new Error('it was not refused')
}
export const CRASHED = 'ERR_GENPOOL_CRASHED'
