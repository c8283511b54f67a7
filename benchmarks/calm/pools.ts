import type { PoolOptions } from '@genpool/core'
import { bursts, BURST, type Contender, four, lanes } from './race'
import type { House } from './house'
import { Arrivals, ask, askOf, tell, work, workOf } from './work'

export const MEMBERS = 8
/** The deadline is far off, so that a busy machine does not end a run. It costs the same as a near one. */
export const PATIENCE_MS = 60_000
const OPTIONS: PoolOptions = { size: MEMBERS, state: 'isolated', timeout: PATIENCE_MS }

/** Four pools with handlers that do the work. Their state is isolated: the rivals have none. */
export function pools({ core, system }: House, options: PoolOptions = {}) {
  const { definePool, noReply, reply, spawnPool } = core
  return four(() => {
    const arrivals = new Arrivals()
    const Work = definePool({
      init: () => 0,
      calls: {
        ask: (message: { readonly n: number }) => reply(work(message)),
        askOf: (message: { readonly n: number; readonly key: string }) => reply(workOf(message)),
        later: async (message: { readonly n: number }) => reply(work(message)),
      },
      casts: {
        tell: (message: { readonly n: number }) => {
          arrivals.add(message)
          return noReply()
        },
      },
    })
    return { ref: spawnPool(system, Work, undefined, { ...OPTIONS, ...options }), arrivals }
  })
}

/** Calls of a handler that returns its reply at once. */
export function calls(house: House, width: number, options: PoolOptions = {}): Contender {
  const { call } = house.core
  return lanes(width, pools(house, options), ({ ref }, n) => call(ref, ask(n)))
}

/** The same calls of so many keys in turn. */
export function callsOfKeys(house: House, width: number, keys: number, options: PoolOptions = {}): Contender {
  const { call } = house.core
  const names = Array.from({ length: keys }, (_, i) => `key-${i}`)
  const instances = pools(house, options)
  return lanes(width, instances, ({ ref }, n) => call(ref, askOf(names[Math.floor(n / instances.length) % keys]!, n)))
}

/** Calls of an async handler. */
export function asyncCalls(house: House, width: number): Contender {
  const { call } = house.core
  return lanes(width, pools(house), ({ ref }, n) => call(ref, { type: 'later', n }))
}

/** nact's query, to a pool. */
export function queries(house: House, width: number): Contender {
  const { query } = house
  return lanes(width, pools(house), ({ ref }, n) => query(ref, ask(n), PATIENCE_MS))
}

/** nact's query, to a pool of a plain nact function. */
export function plainQueries({ core, system, query, dispatch }: House, width: number): Contender {
  const answering = (state: unknown, message: { readonly n: number }, ctx: { readonly sender: unknown }): unknown => {
    dispatch(ctx.sender, work(message))
    return state
  }
  const refs = four(() =>
    core.spawnPool(system, answering as never, undefined, { size: MEMBERS, timeout: PATIENCE_MS }),
  )
  return lanes(width, refs, (ref, n) => query(ref, ask(n), PATIENCE_MS))
}

/** Bursts of casts. */
export function casts(house: House, options: PoolOptions = {}): Contender {
  return bursts(pools(house, options), burstOfCasts(house))
}

export function burstOfCasts({ core: { cast } }: House) {
  return ({ ref, arrivals }: ReturnType<typeof pools>[number]): Promise<void> => {
    const all = arrivals.expect(BURST)
    for (let n = 0; n < BURST; n++) cast(ref, tell(n))
    return all
  }
}

/** Bursts of nact's dispatch, to a pool. */
export function dispatches(house: House): Contender {
  const { dispatch } = house
  return bursts(pools(house), ({ ref, arrivals }) => {
    const all = arrivals.expect(BURST)
    for (let n = 0; n < BURST; n++) dispatch(ref, tell(n))
    return all
  })
}
