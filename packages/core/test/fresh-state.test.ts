import { call, definePool, getState, ready, reply, spawnPool } from '@genpool/core'
import { backedStore } from '@genpool/state-ane'
import { start, stop } from 'nact'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: () =>
      reply(
        (state: { count: number }) => state.count,
        (draft: { count: number }) => void draft.count++,
      ),
  },
})

describe('getState with { fresh: true }', () => {
  it('is a promise of the state, also without a server', async () => {
    const system = start()
    const pool = spawnPool(system, Counter, 'counter')
    await call(pool, { type: 'add' })
    await expect(getState(pool, { fresh: true })).resolves.toEqual({ count: 1 })
    expect(getState(pool, { fresh: false })).toEqual({ count: 1 })
    const own = spawnPool(system, Counter, 'own', { size: 2, state: 'isolated' })
    await ready(own)
    await expect(getState(own, { fresh: true })).resolves.toEqual([{ count: 0 }, { count: 0 }])
    stop(system)
    // The last state.
    await expect(getState(pool, { fresh: true })).resolves.toEqual({ count: 1 })
  })

  it('asks the server of a store that has one', async () => {
    const system = start()
    const store = backedStore({}, (mirror) => ({
      ready: Promise.resolve(),
      shared: true,
      known: () => undefined,
      write: () => Promise.resolve(false),
      fresh: (key) => Promise.resolve(mirror.arrive([{ key, version: 7, value: { count: 7 } }])),
    }))
    const pool = spawnPool(system, Counter, 'counter', { state: { type: 'shared', store } })
    await ready(pool)
    expect(getState(pool)).toEqual({ count: 0 })
    await expect(getState(pool, { fresh: true })).resolves.toEqual({ count: 7 })
    expect(getState(pool)).toEqual({ count: 7 })
    stop(system)
  })

  it('refuses other options', () => {
    const system = start()
    const pool = spawnPool(system, Counter, 'counter')
    expect(() => getState(pool, { frsh: true } as never)).toThrow(/frsh/)
    stop(system)
  })
})
