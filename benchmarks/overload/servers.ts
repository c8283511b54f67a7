import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import type { ActorSystemRef } from 'nact'

export const SERVICE_MS = 10
export const PATIENCE_MS = 500
/** How long each flood lasts. */
export const SECONDS = 4

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Something to flood, and what its handlers have counted. */
export interface Server {
  readonly name: string
  readonly send: (patience: number) => Promise<unknown>
  readonly count: { wasted: number; finished: number }
}

/** Works for about 10 ms, and counts the runs whose caller had gone. */
export const serve = async (count: Server['count'], until: number): Promise<void> => {
  await sleep(SERVICE_MS)
  count.finished++
  if (performance.now() > until + 5) count.wasted++
}

/** A pool with these options. */
export function poolServer(system: ActorSystemRef, name: string, options: PoolOptions): Server {
  const count = { wasted: 0, finished: 0 }
  const Service = definePool({
    init: () => 0,
    calls: {
      serve: async (message: { until: number }) => {
        await serve(count, message.until)
        return reply(1)
      },
    },
  })
  const pool = spawnPool(system, Service, name.replace(/\W+/g, '-'), { size: 8, ...options })
  const send = (patience: number) =>
    call(pool, { type: 'serve', until: performance.now() + patience }, { timeout: patience })
  return { name, send, count }
}

/** Measures how many requests eight members serve per second: Node's timers are up to a millisecond late. */
export async function capacity(server: Server): Promise<number> {
  const end = performance.now() + 1000
  let served = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (performance.now() < end) {
        await server.send(PATIENCE_MS)
        served++
      }
    }),
  )
  return served
}
