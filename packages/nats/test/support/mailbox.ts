import { definePool, type Delivery, noReply } from '@genpool/core'
import { setTimeout as sleep } from 'node:timers/promises'

/* What sends mails, and what it has sent. */
export interface Mail {
  readonly to: string
  readonly ms?: number
}

export const done: string[] = []
export const deliveries: Delivery[] = []
/** How many ran at once. */
export const runs = { now: 0, most: 0 }
export const Mails = definePool({
  init: () => null,
  casts: {
    send: async ({ to, ms = 0 }: Mail, _state, ctx) => {
      runs.now++
      runs.most = Math.max(runs.most, runs.now)
      try {
        // Until its time is over, or it is aborted: an abort is no failure of these.
        if (ms > 0) await sleep(ms, undefined, { signal: ctx.signal }).catch(() => undefined)
        if (to.startsWith('fail')) throw new Error(`no mailbox "${to}"`)
        if (to.startsWith('second') && ctx.delivery!.attempt === 1) throw new Error('not yet')
        deliveries.push(ctx.delivery!)
        done.push(to)
        return noReply()
      } finally {
        runs.now--
      }
    },
  },
})
