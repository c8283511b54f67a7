import { definePool, reply } from '@genpool/core'
import { setTimeout as sleep } from 'node:timers/promises'

/** One run of a message with a key. */
export interface Span {
  readonly id: number
  readonly key: string
  readonly begun: number
  readonly ended: number
}

const nowMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000

/** What the nodes of the tests with processes run: it takes a while, and tells which ids were run. */
export const workers = (
  ran: (id: number, type: string) => void,
  runMs: number,
  spanned: (span: Span) => void = () => undefined,
) =>
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
      /** Tells from when to when it ran, on the clock that all processes of a machine share. */
      keyed: async ({ id, key }: { id: number; key: string }) => {
        const begun = nowMs()
        await sleep(runMs)
        spanned({ id, key, begun, ended: nowMs() })
        return reply(id)
      },
      who: () => reply(process.pid),
    },
  })

export type Workers = ReturnType<typeof workers>
