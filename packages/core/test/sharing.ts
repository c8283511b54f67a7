import {
  call,
  type CallOptions,
  type Context,
  definePool,
  type From,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { z } from 'zod'
import { system } from './virtual-system'

/** A pool whose runs take 100 ms, and are written down. */
export const sharing = (options: PoolOptions = {}) => {
  const clock = virtualClock()
  const runs: string[] = []
  const seen: { ctx?: Context; from?: From } = {}
  let crashes = 0
  const Worker = definePool({
    calls: {
      read: async (msg: { id: string; ms?: number }, _state, ctx) => {
        runs.push(msg.id)
        seen.ctx = ctx
        ctx.progress('begun')
        await clock.wait(msg.ms ?? 100)
        if (crashes-- > 0) throw new Error('no luck')
        return reply({ id: msg.id, run: runs.length })
      },
      other: async (msg: { id: string }) => {
        runs.push(`other ${msg.id}`)
        await clock.wait(100)
        return reply(msg.id)
      },
      later: (_msg: object, _state, ctx) => {
        seen.from = ctx.from
        return noReply()
      },
      strict: { schema: z.object({ type: z.literal('strict'), n: z.number() }), handle: (msg) => reply(msg.n) },
    },
    casts: { note: () => undefined },
  })
  const pool = spawnPool(system, Worker, 'pool', { size: 2, state: 'isolated', clock, random: () => 0, ...options })
  const read = (id: string, more: CallOptions = {}) => call(pool, { type: 'read', id }, { share: 'k', ...more })
  return { clock, runs, seen, pool, read, crash: (n: number) => void (crashes = n) }
}
/** The code of an error, and whether a handler had begun. */
const codeOf = (error: { code: string; started?: boolean }) => `${error.code} ${error.started}`
export const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch(codeOf)
