import { definePool, reply } from '@genpool/core'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the nodes of the tests with processes run: it takes a while, and tells which ids were run. */
export const workers = (ran: (id: number, type: string) => void, runMs: number) =>
  definePool({
    init: () => 0,
    calls: {
      work: async ({ id }: { id: number; ms?: number }, _state, ctx) => {
        ran(id, 'begin')
        await sleep(runMs, undefined, { signal: ctx.signal })
        return reply(id)
      },
      slow: async ({ id, ms }: { id: number; ms: number }) => {
        ran(id, 'begin')
        await sleep(ms)
        return reply(id)
      },
      quick: ({ id }: { id: number }) => {
        ran(id, 'begin')
        return reply(id)
      },
      who: () => reply(process.pid),
    },
  })

export type Workers = ReturnType<typeof workers>
