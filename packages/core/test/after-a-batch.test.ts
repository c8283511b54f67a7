import {
  call,
  cast,
  definePool,
  getMembers,
  getState,
  getWaiting,
  inspect,
  noReply,
  pause,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, dispatch, query, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

/** Each way in which a batch ends. */
const endings = {
  answered: (list: readonly unknown[]) => reply(list.map(() => 1)),
  tooShort: () => reply([] as number[]),
  silent: () => noReply(),
  recipe: (list: readonly unknown[]) =>
    reply(
      list.map(() => 1),
      () => {
        throw new Error('recipe')
      },
    ),
  throws: () => {
    throw new Error('handler')
  },
}

function counting() {
  const clock = virtualClock()
  const ending = (name: keyof typeof endings) => ({ batch: 3, handle: endings[name] })
  const Counter = definePool({
    init: () => ({ n: 0 }),
    calls: {
      answered: ending('answered'),
      tooShort: ending('tooShort'),
      silent: ending('silent'),
      recipe: ending('recipe'),
      throws: ending('throws'),
      late: {
        batch: 3,
        handle: async (list: readonly unknown[]) => {
          await clock.wait(100)
          return reply(list.map(() => 1))
        },
      },
      sync: () => reply('sync', (draft) => void draft.n++),
      async: async () => {
        await Promise.resolve()
        return reply('async', (draft) => void draft.n++)
      },
    },
    casts: {
      castAsync: async () => {
        await Promise.resolve()
        return noReply((draft) => void draft.n++)
      },
    },
  })
  return { clock, pool: spawnPool(system, Counter, 'counter', { size: 1, clock }) }
}

describe('what a member runs after a batch', () => {
  const batches = [...Object.keys(endings), 'late'] as (keyof typeof endings | 'late')[]

  it.each(batches)('is answered and committed: after one that is "%s"', async (type) => {
    const { clock, pool } = counting()
    const first = call(pool, { type }, { timeout: 50 }).catch(() => 0)
    await clock.advance(300)
    await first
    const answers = [
      call(pool, { type: 'async' }),
      call(pool, { type: 'sync' }),
      query(pool, { type: 'async' }, 1000),
      call(pool, { type: 'async' }, { key: 'a' }),
    ]
    cast(pool, { type: 'castAsync' })
    dispatch(pool, { type: 'castAsync' })
    const all = Promise.all(answers)
    await clock.advance(10)
    expect(await all).toEqual(['async', 'sync', 'async', 'async'])
    expect(getState(pool)).toEqual({ n: 6 })
    expect(await call(pool, { type: 'async' })).toBe('async')
    expect(inspect(pool).outcomes.replied).toBe(type === 'answered' ? 8 : 7)
  })
})

describe('a message behind a batch of other messages', () => {
  function slow(size: number) {
    const clock = virtualClock()
    const begun: number[] = []
    const Work = definePool({
      calls: {
        slowly: {
          batch: 4,
          handle: async (list: readonly { n: number }[]) => {
            await clock.wait(1000)
            return reply(list.map(({ n }) => n))
          },
        },
        shortly: async ({ n }: { n: number }) => {
          begun.push(n)
          await clock.wait(50)
          return reply(n)
        },
      },
    })
    return { clock, begun, pool: spawnPool(system, Work, 'work', { size, clock }) }
  }

  it('is run by the next member that is free, in its order', async () => {
    const { clock, begun, pool } = slow(2)
    const calls = [call(pool, { type: 'shortly', n: 0 }), call(pool, { type: 'slowly', n: 1 })]
    for (const n of [2, 3, 4]) calls.push(call(pool, { type: 'shortly', n }))
    await clock.advance(300)
    expect(begun).toEqual([0, 2, 3, 4])
    await clock.advance(1000)
    expect(await Promise.all(calls)).toEqual([0, 1, 2, 3, 4])
  })

  it('waits: it is counted, a more urgent one goes first, and a pause holds it', async () => {
    const { clock, begun, pool } = slow(1)
    const calls = [call(pool, { type: 'slowly', n: 1 }), call(pool, { type: 'shortly', n: 2 })]
    await clock.advance(10)
    expect({ waiting: inspect(pool).waiting, busy: inspect(pool).members.busy }).toEqual({ waiting: 1, busy: 1 })
    expect(getWaiting(pool).count).toBe(1)
    calls.push(call(pool, { type: 'shortly', n: 3 }, { priority: 9 }))
    pause(pool)
    await clock.advance(2000)
    expect(begun).toEqual([])
    resume(pool)
    await clock.advance(200)
    expect(begun).toEqual([3, 2])
    expect(await Promise.all(calls)).toEqual([1, 2, 3])
    expect(getMembers(pool)).toHaveLength(1)
  })
})
