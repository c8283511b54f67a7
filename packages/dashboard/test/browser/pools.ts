import { call, definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import type { Visit } from './visit'

/** A pool whose calls take as long as they say, on the virtual clock. */
export function workers(visit: Visit, name: string, options: PoolOptions = {}) {
  const { clock } = visit
  const take = async (msg: { ms: number }) => {
    await clock.wait(msg.ms)
    return reply('done')
  }
  const Work = definePool({
    init: () => 0,
    calls: { find: take, save: take, report: take },
    casts: { note: () => noReply() },
  })
  return spawnPool(visit.system, Work, name, { size: 4, clock, ...options })
}
export type Workers = ReturnType<typeof workers>

/** Sends calls; what becomes of them is to be read on the page. */
export function send(
  pool: Workers,
  n: number,
  {
    type = 'find',
    ms = 50,
    timeout = 5000,
    ...options
  }: { type?: 'find' | 'save' | 'report'; ms?: number; timeout?: number; key?: string; priority?: number } = {},
): void {
  for (let i = 0; i < n; i++) void call(pool, { type, ms }, { timeout, ...options }).catch(() => undefined)
}
