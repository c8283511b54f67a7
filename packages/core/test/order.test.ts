import { call, cast, definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

const begun: string[] = []
const Work = definePool({
  calls: {
    work: async ({ name, fails = 0 }: { name: string; fails?: number }, _state, ctx) => {
      begun.push(name)
      await clock.wait(10)
      if (begun.filter((one) => one === name).length <= fails) throw new Error('it failed')
      return reply(ctx.attempt)
    },
    backs: ({ name }: { name: string }, _state, ctx) => {
      begun.push(name)
      return ctx.attempt === 1 ? ctx.backOff(5, { again: true }) : reply(1)
    },
  },
  casts: {
    note: async ({ name }: { name: string }) => {
      begun.push(name)
      await clock.wait(10)
      return noReply()
    },
  },
})
const spawned = (options: PoolOptions = {}) => spawnPool(system, Work, undefined, { size: 1, clock, ...options })
beforeEach(() => {
  begun.length = 0
})

describe('messages begin', () => {
  it('as they came, calls and casts together; the more urgent first', async () => {
    const pool = spawned()
    void call(pool, { type: 'work', name: 'a' })
    cast(pool, { type: 'note', name: 'b' })
    void call(pool, { type: 'work', name: 'c' })
    cast(pool, { type: 'note', name: 'urgent' }, { priority: 1 })
    await clock.advance(100)
    expect(begun).toEqual(['a', 'urgent', 'b', 'c'])
  })

  it('again in their place after a crash in place, and at the end after a retry of the call', async () => {
    const inPlace = spawned({ retryOnCrash: { work: 1 } })
    for (const name of ['a', 'b']) void call(inPlace, { type: 'work', name, fails: name === 'a' ? 1 : 0 })
    await clock.advance(100)
    expect(begun).toEqual(['a', 'a', 'b'])
    begun.length = 0
    const atTheEnd = spawned({ retryOnCrash: { work: 0 } })
    const retry = { attempts: 2, backoff: { min: 1 } }
    for (const name of ['a', 'b', 'c'])
      void call(atTheEnd, { type: 'work', name, fails: name === 'a' ? 1 : 0 }, { key: 'k', retry })
    await clock.advance(100)
    expect(begun).toEqual(['a', 'b', 'c', 'a'])
  })

  it('again in their place after a back-off', async () => {
    const pool = spawned()
    void call(pool, { type: 'backs', name: 'a' })
    void call(pool, { type: 'work', name: 'b' })
    await clock.advance(100)
    expect(begun).toEqual(['a', 'a', 'b'])
  })
})
