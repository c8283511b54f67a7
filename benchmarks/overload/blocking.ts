import { call, definePool, type PoolRef, reply, spawnPool } from '@genpool/core'
import type { ActorSystemRef } from 'nact'
import type { Row } from '../measure'
import { arrivals } from './flood'
import { PATIENCE_MS, SECONDS, SERVICE_MS, sleep } from './servers'

/** Blocks the event loop for 300 ms every second: timers cannot fire, and deadlines pass unnoticed. */
export async function blockingRow(system: ActorSystemRef): Promise<Row> {
  let expiredRun = 0
  let run = 0
  const Service = definePool({
    init: () => 0,
    calls: {
      serve: async (message: { until: number; block: boolean }) => {
        run++
        // The pool counts from the start of the turn of the call, so its deadline is never later than the caller's.
        if (performance.now() > message.until) expiredRun++
        if (message.block) {
          const end = performance.now() + 300
          while (performance.now() < end);
        } else await sleep(SERVICE_MS)
        return reply(1)
      },
    },
  })
  const pool: PoolRef = spawnPool(system, Service, 'blocking', { size: 8 }) as never
  const send = (block: boolean): void => {
    const until = performance.now() + PATIENCE_MS
    call(pool as never, { type: 'serve', until, block } as never, { timeout: PATIENCE_MS }).catch(() => undefined)
  }
  const blocker = setInterval(() => send(true), 1000)
  await arrivals(1500, SECONDS, () => send(false))
  clearInterval(blocker)
  await sleep(PATIENCE_MS)
  return {
    title: 'expired requests that ran, event loop blocked',
    value: expiredRun,
    unit: '',
    atLeast: 0,
    aim: 0,
    better: 'less',
    detail: `of ${run} runs`,
  }
}
