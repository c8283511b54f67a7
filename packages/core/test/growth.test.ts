import { call, definePool, drain, inspect, reply, resize, spawnPool } from '@genpool/core'
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
