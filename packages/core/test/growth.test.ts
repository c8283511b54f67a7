import { channel } from 'node:diagnostics_channel'
import { call, definePool, drain, inspect, onEvent, reply, resize, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'

/*
 * With a step for each pair of members, each of these would run for minutes: the limit of a test finds it.
 */
const MANY = 100_000

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

const Trivial = definePool({ init: () => ({ count: 0 }), calls: { ask: () => reply(1) }, terminate: () => undefined })

describe('many priorities', () => {
  it('cost little: the highest is served first, the lowest are dropped', async () => {
    const order: number[] = []
    const Work = definePool({
      init: () => 0,
      calls: { work: (msg: { priority: number }) => (order.push(msg.priority), reply(1)) },
    })
    const pool = spawnPool(system, Work, 'pool', { size: 1, broker: { client: { type: 'drop', max: MANY - 10 } } })
    const at = (i: number): number => (i * 7919) % (MANY + 1)
    const calls = Array.from({ length: MANY + 1 }, (_, i) =>
      call(pool, { type: 'work', priority: at(i) }, { priority: at(i), timeout: Infinity }).catch(
        (error: { reason: string }) => error.reason,
      ),
    )
    const outcomes = await Promise.all(calls)
    // The first one, of priority 0, found an idle member. All others waited, ten more than have room.
    expect(order).toHaveLength(MANY + 1 - 10)
    expect(order.slice(1)).toEqual(order.slice(1).toSorted((a, b) => b - a))
    const dropped = outcomes.flatMap((outcome, i) => (outcome === 1 ? [] : [[at(i), outcome] as const]))
    expect(dropped.map(([priority]) => priority).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(new Set(dropped.map(([, reason]) => reason))).toEqual(new Set(['priority']))
  })
})

describe.each(['shared', 'isolated'] as const)(`${MANY} members with a state that is %s`, (state) => {
  it('start, work, and end with the pool', async () => {
    const pool = spawnPool(system, Trivial, 'pool', { size: MANY, state })
    expect(await call(pool, { type: 'ask' })).toBe(1)
    await drain(pool)
    expect(inspect(pool).members).toEqual({ idle: 0, busy: 0, starting: 0 })
  })

  it('come and go by resize', async () => {
    const pool = spawnPool(system, Trivial, 'pool', { size: 1, state })
    resize(pool, MANY)
    expect(inspect(pool).members.idle).toBe(MANY)
    resize(pool, 1)
    expect(inspect(pool).members.idle).toBe(1)
    await drain(pool)
  })
})

describe('many listeners', () => {
  it('of one pool come and go', async () => {
    const pool = spawnPool(system, Trivial, 'pool')
    const ends = Array.from({ length: MANY }, () => onEvent('genpool:drop', () => undefined, { pool }))
    for (const end of ends) end()
    expect(channel('genpool:drop').hasSubscribers).toBe(false)
    await drain(pool)
  })

  it('of other pools cost an event nothing', () => {
    const pools = Array.from({ length: 100 }, (_, i) => spawnPool(system, Trivial, `pool-${i}`))
    const heard: number[] = []
    const ends = pools.map((pool, i) => onEvent('genpool:drop', () => void heard.push(i), { pool }))
    let looks = 0
    const event = {
      get ref() {
        looks++
        return pools[50]
      },
    }
    channel('genpool:drop').publish(event)
    expect({ heard, looks }).toEqual({ heard: [50], looks: 1 })
    for (const end of ends) end()
  })
})
