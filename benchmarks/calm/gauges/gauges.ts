import { bytesOf, hold } from '../../heap'
import { collect, now } from '../../measure'
import type { House } from '../house'
import { MEMBERS, pools } from '../pools'
import { eventLoop } from './event-loop'

/** What a gauge measured in one process. */
export interface Reading {
  readonly value: number
  readonly detail?: string
}
type Gauge = (house: House) => Promise<Reading>

const KIB = 1024
const FEW = 1000
const MANY = 10_000
const WAITING = 300_000
/** Longer than the measurement. */
const LONG_MS = 600_000

/** Spawns `count` pools, and tells how to use one of them. */
function spawnMany({ core, system }: House, count: number): unknown[] {
  const Work = core.definePool({ init: () => ({ count: 0 }), calls: { ask: () => core.reply(1) } })
  return Array.from({ length: count }, () => core.spawnPool(system, Work, undefined, { size: MEMBERS }))
}

/** Loads all code that the gauge needs, so that it does not count. */
async function warm(house: House): Promise<void> {
  const { call } = house.core
  for (const { ref } of pools(house)) await call(ref, { type: 'ask', n: 1 })
  for (const ref of spawnMany(house, 10)) await call(ref as never, { type: 'ask' } as never)
}

export const gauges: Readonly<Record<string, Gauge>> = {
  'idle pool': async (house) => {
    await warm(house)
    const pool = (await bytesOf(() => spawnMany(house, FEW))) / FEW
    const actor = (state: unknown): unknown => state
    const nact = await bytesOf(() => Array.from({ length: FEW }, () => house.spawn(house.system, actor)))
    return { value: pool / KIB, detail: `${MEMBERS} members; a nact actor: ${(nact / FEW / KIB).toFixed(1)} KiB` }
  },

  'pool after a call': async (house) => {
    await warm(house)
    let refs: unknown[] = []
    const bytes = await bytesOf(() => (refs = spawnMany(house, FEW)))
    const used = await bytesOf(async () => {
      for (const ref of refs) await house.core.call(ref as never, { type: 'ask' } as never)
    })
    return { value: (bytes + used) / FEW / KIB, detail: 'one call each' }
  },

  'pools spawned': async (house) => {
    await warm(house)
    collect()
    const start = now()
    hold(spawnMany(house, MANY))
    await new Promise((resolve) => setImmediate(resolve))
    return { value: Number(now() - start) / 1e9, detail: `${MEMBERS} members each` }
  },

  'waiting call': async ({ core, system }) => {
    const Hanging = core.definePool({ init: () => 0, calls: { wait: () => new Promise<never>(() => undefined) } })
    const pool = core.spawnPool(system, Hanging, undefined, { size: 1 })
    // The message is the caller's: one for all, so that it does not count.
    const message = { type: 'wait' } as const
    void core.call(pool, message, { timeout: LONG_MS })
    const promises = new Array<Promise<unknown>>(WAITING).fill(Promise.resolve())
    const bytes = await bytesOf(() => {
      for (let i = 0; i < WAITING; i++) promises[i] = core.call(pool, message, { timeout: LONG_MS })
      return promises
    })
    return { value: bytes / WAITING, detail: `${WAITING.toLocaleString('en')} calls waiting for one member` }
  },

  'event loop': eventLoop,
}
