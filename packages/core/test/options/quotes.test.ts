import { spawnBroker } from '@genpool/broker'
import { call, definePool, drain, onEvent, type PoolRef, reply, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { type ActorSystemRef, query, start, stop } from 'nact'

const Counter = definePool({
  init: () => 0,
  calls: { add: () => reply(1) },
})

let system: ActorSystemRef
let pool: PoolRef
beforeEach(() => {
  system = start()
  pool = spawnPool(system, Counter, 'shop') as PoolRef
})
afterEach(() => {
  stop(system)
})

/** What a call, a query or a function says to a wrong value. */
const WRONG: readonly [string, (value: never) => unknown][] = [
  ['the timeout of a call', (timeout) => call(pool, { type: 'add' }, { timeout })],
  ['the priority of a call', (priority) => call(pool, { type: 'add' }, { priority })],
  ['the signal of a call', (signal) => call(pool, { type: 'add' }, { signal })],
  ['the options of a call', (options) => call(pool, { type: 'add' }, options)],
  ['the timeout of a query to a pool', (timeout) => query(pool as never, { type: 'add' } as never, timeout)],
  ['the timeout of a query to a broker', (timeout) => query(spawnBroker(system) as never, {} as never, timeout)],
  ['within of drain', (within) => drain(pool, { within })],
  ['the listener of onEvent', (listener) => onEvent('genpool:drop' as never, listener)],
  ['shutdownAfter', (shutdownAfter) => spawnPool(system, () => 1, undefined, { shutdownAfter })],
  ['stuckAfter of a pool', (stuckAfter) => spawnPool(system, Counter, undefined, { stuckAfter })],
  ['the options of a pool', (options) => spawnPool(system, Counter, undefined, options)],
  ['the name of a pool', (name) => spawnPool(system, Counter, name === '5' ? ([] as never) : name)],
  ['the key of a slot', (key) => createStore({ size: 9 }).get(key)],
]

async function refusal(act: () => unknown): Promise<string> {
  try {
    await act()
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

describe('what was given', () => {
  it.each(WRONG.filter(([what]) => what !== 'the name of a pool'))('%s: a string has quotes', async (_, act) => {
    expect(await refusal(() => act('5' as never))).toMatch(/(got|but it is) "5"/)
  })

  it.each(WRONG)('%s: an object is told by its keys', async (what, act) => {
    if (what === 'the options of a call' || what === 'the options of a pool') return
    expect(await refusal(() => act({ a: 1 } as never))).toMatch(/(got|but it is) an object \{ a \}/)
  })
})
