import { call, definePool, reply, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { start } from 'nact'

/** Something of which many are held, and whose bytes should not depend on how many there are. */
export interface Content {
  readonly title: string
  /** The largest n. */
  readonly most: 100_000 | 1_000_000
  /** The limit and the goal of one, in bytes, with the largest n. */
  readonly bars: readonly [number, number] | null
  /** Makes `n`. What it returns, or resolves to, is held. */
  make(n: number): unknown
}

const Work = definePool({
  init: () => ({ count: 0 }),
  calls: { ask: () => reply(1), wait: () => new Promise<never>(() => undefined) },
})
/** The message is the caller's: one for all, so that it does not count. */
const WAIT = { type: 'wait' } as const
const ASK = { type: 'ask' } as const
const PATIENT = { timeout: 600_000 }

/** `n` calls that wait for one member, with options of each. */
function waiting(title: string, bars: Content['bars'], optionsOf: (i: number, n: number) => object): Content {
  return {
    title,
    most: 1_000_000,
    bars,
    make(n) {
      const pool = spawnPool(start(), Work, undefined, { size: 1 })
      return Array.from({ length: n }, (_, i) => call(pool, WAIT, { timeout: 600_000, ...optionsOf(i, n) }))
    },
  }
}

export const contents: readonly Content[] = [
  waiting('a waiting call', [300, 250], () => ({})),
  waiting('a waiting call with a key of its own', null, (key) => ({ key })),
  waiting('a waiting call with a priority of its own', null, (i, n) => ({ priority: (i * 7919) % n })),
  {
    title: 'a waiting call with a limit of its own key',
    most: 1_000_000,
    bars: null,
    make(n) {
      let keys = 0
      const pool = spawnPool(start(), Work, undefined, { size: 1, limits: { by: () => keys++, concurrency: 1 } })
      return Array.from({ length: n }, () => call(pool, WAIT, PATIENT))
    },
  },
  {
    title: 'a call that waits for the rate of its own key',
    most: 1_000_000,
    bars: null,
    async make(n) {
      let asked = 0
      const rate = { by: () => asked++ % n, limit: 1, interval: 600_000 }
      const pool = spawnPool(start(), Work, undefined, { size: 1, rate })
      // Each key has one call in its interval, so that the next one waits.
      for (let i = 0; i < n; i++) await call(pool, ASK)
      return Array.from({ length: n }, () => call(pool, WAIT, PATIENT))
    },
  },
  {
    title: 'a member',
    most: 100_000,
    bars: null,
    make: (n) => spawnPool(start(), Work, undefined, { size: n }),
  },
  {
    title: 'an idle pool of one member',
    most: 100_000,
    bars: [8192, 4096],
    make(n) {
      const system = start()
      return Array.from({ length: n }, () => spawnPool(system, Work, undefined, { size: 1 }))
    },
  },
  {
    title: 'a cell',
    most: 1_000_000,
    bars: null,
    make(n) {
      const store = createStore({ name: 'growth' })
      for (let i = 0; i < n; i++) store.cell(i, { initial: () => 0 }).compareAndSet(0, 1)
      return store
    },
  },
]
