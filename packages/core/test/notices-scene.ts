import { cast, definePool, noReply, type PoolOptions, type PoolRef, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
export let clock: ReturnType<typeof virtualClock>
export const offs: (() => void)[] = []
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(async () => {
  for (const off of offs.splice(0)) off()
  stop(system)
  await clock.settle()
})

const Worker = definePool({
  init: () => ({ done: 0 }),
  calls: {
    work: async (msg: { ms: number }) => {
      await clock.wait(msg.ms)
      return reply('done', (draft) => {
        draft.done += 1
      })
    },
    crash: () => {
      throw new Error('boom')
    },
    abort: async (msg: { act: () => void }, _state, ctx) => {
      await new Promise<void>((resolve) => {
        ctx.signal.addEventListener('abort', () => {
          resolve()
          msg.act()
        })
      })
      return noReply()
    },
    effect: ({ effect }: { effect?: () => void }, _state, ctx) => {
      ctx.afterCommit(() => {
        effect?.()
        throw new Error('effect')
      })
      return reply('done')
    },
  },
  casts: {
    note: async (msg: { ms?: number }) => {
      await clock.wait(msg.ms ?? 0)
      return noReply()
    },
  },
})
export type Pool = ReturnType<typeof spawned>
export const spawned = (options: PoolOptions = {}) =>
  spawnPool(system, Worker, 'pool', { size: 1, clock, broker: { client: { type: 'drop', max: 1 } }, ...options })
export const unknown = (pool: PoolRef) => cast(pool, { type: 'unknown' } as never)

/** How deep a callback was inside of itself at most, and how often it was called. */
export function counted(work: (times: number) => void) {
  const seen = { times: 0, depth: 0, deepest: 0 }
  const callback = (): void => {
    seen.deepest = Math.max(seen.deepest, ++seen.depth)
    try {
      work(++seen.times)
    } finally {
      seen.depth--
    }
  }
  return { seen, callback }
}
