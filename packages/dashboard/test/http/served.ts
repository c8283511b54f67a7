import { definePool, reply, spawnPool } from '@genpool/core'
import { serveDashboard, type ServedDashboard, type ServerOptions } from '@genpool/dashboard'
import { type ActorSystemRef, start, stop } from 'nact'
import { ask, type Asked } from './ask'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools of any protocol */

/** The token of those dashboards that have one. */
export const token = 'correct horse battery staple'
export const bearer = { Authorization: `Bearer ${token}` }
export const json = { 'Content-Type': 'application/json' }

let system: ActorSystemRef
/** The pool that they show: a new one for each test of the file that imports it. */
export let pool: any
const served: ServedDashboard[] = []
beforeEach(() => {
  system = start()
  const Work = definePool({ calls: { work: () => reply('done') } })
  pool = spawnPool(system, Work, 'work', { size: 2 })
})
afterEach(async () => {
  for (const { close } of served.splice(0)) await close()
  stop(system)
})

/** Serves a dashboard until the end of the test. Returns its address. */
export async function serve(options: Partial<ServerOptions> = {}): Promise<string> {
  const dashboard = await serveDashboard({ pools: [pool], port: 0, ...options })
  served.push(dashboard)
  return dashboard.url
}
/** Asks for another size of the pool. */
export const resize = (size: number): Asked => ({
  method: 'POST',
  headers: { ...json, ...bearer },
  body: JSON.stringify({ pool: 'work', action: 'configure', changes: { size } }),
})
export const statusOf = async (url: string, asked: Asked): Promise<number> => (await ask(url, asked)).status
