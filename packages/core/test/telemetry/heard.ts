import {
  call,
  definePool,
  noReply,
  onEvent,
  type PoolEventName,
  type PoolEvents,
  type PoolOptions,
  type PoolRef,
  reply,
  spawnPool,
} from '@genpool/core'
import { clock, system } from '../virtual-system'

/** What a test opens, and its end closes. */
export const offs: (() => void)[] = []
afterEach(() => {
  for (const off of offs.splice(0)) off()
})

/** What is heard on a channel from now on, until the test ends. */
export const heard = <N extends PoolEventName>(name: N, pool?: PoolRef): PoolEvents[N][] => {
  const events: PoolEvents[N][] = []
  offs.push(onEvent(name, (event) => void events.push(event), pool === undefined ? {} : { pool }))
  return events
}

export const Worker = definePool({
  init: () => ({ done: 0 }),
  calls: {
    work: async (msg: { ms: number; fail?: boolean }) => {
      await clock.wait(msg.ms)
      if (msg.fail === true) throw new Error('no luck')
      return reply('done', (draft) => {
        draft.done += 1
      })
    },
    later: () => noReply(),
    twice: async (msg: { ms: number }, state) => {
      await clock.wait(msg.ms)
      return reply(state.done, { done: state.done + 1 })
    },
  },
  casts: { note: () => undefined },
})
export const spawned = (options: PoolOptions = {}, name = 'pool') =>
  spawnPool(system, Worker, name, { size: 1, clock, ...options })
type Pool = ReturnType<typeof spawned>
export const work = (pool: Pool, ms: number, more: { timeout?: number; signal?: AbortSignal; fail?: boolean } = {}) => {
  const { fail = false, ...options } = more
  return call(pool, { type: 'work', ms, fail }, options).catch((error: { code: string }) => error.code)
}
