import {
  call,
  cast,
  definePool,
  getState,
  getWaiting,
  inspect,
  noReply,
  onEvent,
  reply,
  spawnPool,
  type Key,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

describe('messages of one key', () => {
  /** Works for `ms`, and writes down when it begins and ends. */
  const tracked = (size: number) => {
    const clock = virtualClock()
    const log: string[] = []
    const Behaviour = definePool({
      init: () => 0,
      calls: {
        work: async (msg: { name: string; ms: number; fails?: boolean }) => {
          log.push(`${msg.name}+`)
          await clock.wait(msg.ms)
          log.push(`${msg.name}-`)
          if (msg.fails === true) throw new Error('failed')
          return reply(msg.name)
        },
      },
    })
    const pool = spawnPool(system, Behaviour, 'pool', { size, clock })
    return { clock, log, pool }
  }

  it.each<[string, () => Key, string]>([
    ['lists', () => ['acme', 7], '["acme",7]'],
    ['objects', () => ({ of: { b: 1, a: 'x' } }), '{"of":{"a":"x","b":1}}'],
    ['times', () => new Date(5), 'Date(5)'],
  ])('are one if they have the same content: %s', async (_, key, name) => {
    const { clock, log, pool } = tracked(4)
    const keys: unknown[] = []
    const off = onEvent('genpool:request:settled', ({ key }) => keys.push(key), { pool })
    const send = (is: string, of: Key) => call(pool, { type: 'work', name: is, ms: 10 }, { key: of })
    // The text is another key: it is none by content.
    const all = Promise.all([send('a', key()), send('b', key()), send('text', name)])
    await clock.advance(5)
    expect(getWaiting(pool).by.key.most).toEqual([{ name, count: 1 }])
    await clock.advance(50)
    await all
    off()
    expect(log).toEqual(['a+', 'text+', 'a-', 'b+', 'text-', 'b-'])
    expect(keys).toEqual([name, name, name])
  })

  it('are handled one at a time and in order, while others run at the same time', async () => {
    const { clock, log, pool } = tracked(4)
    const send = (name: string, ms: number, key?: string) =>
      call(pool, { type: 'work', name, ms }, key === undefined ? {} : { key })
    const all = Promise.all([
      send('a1', 30, 'a'),
      send('a2', 10, 'a'),
      send('b1', 10, 'b'),
      send('x', 10),
      send('a3', 10, 'a'),
    ])
    await clock.advance(100)
    expect(await all).toEqual(['a1', 'a2', 'b1', 'x', 'a3'])
    expect(log.filter((entry) => entry.startsWith('a'))).toEqual(['a1+', 'a1-', 'a2+', 'a2-', 'a3+', 'a3-'])
    expect(log.indexOf('b1-')).toBeLessThan(log.indexOf('a1-'))
    expect(log.indexOf('x-')).toBeLessThan(log.indexOf('a1-'))
  })

  it('keep their order when one is run again after a crash', async () => {
    const clock = virtualClock()
    const runs: number[] = []
    let crashes = 2
    const Flaky = definePool({
      calls: {
        work: ({ id }: { id: number }) => {
          runs.push(id)
          if (id === 1 && crashes-- > 0) throw new Error('crash')
          return reply(id)
        },
      },
    })
    const pool = spawnPool(system, Flaky, 'pool', { size: 3, clock, retryOnCrash: { work: 3 } })
    const all = Promise.all([0, 1, 2, 3].map((id) => call(pool, { type: 'work', id }, { key: 'k' })))
    await clock.settle()
    expect(await all).toEqual([0, 1, 2, 3])
    expect(runs).toEqual([0, 1, 1, 1, 2, 3])
  })

  it('continue after one that failed, one that expired while it waited and one that was aborted', async () => {
    const { clock, log, pool } = tracked(2)
    const controller = new AbortController()
    const results = Promise.allSettled([
      call(pool, { type: 'work', name: 'a1', ms: 30, fails: true }, { key: 'a' }),
      call(pool, { type: 'work', name: 'a2', ms: 10 }, { key: 'a', timeout: 20 }),
      call(pool, { type: 'work', name: 'a3', ms: 10 }, { key: 'a', signal: controller.signal }),
      call(pool, { type: 'work', name: 'a4', ms: 10 }, { key: 'a' }),
    ])
    await clock.advance(10)
    controller.abort()
    await clock.advance(100)
    expect(
      (await results).map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code)),
    ).toEqual(['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_CANCELLED', 'a4'])
    expect(log).toEqual(['a1+', 'a1-', 'a4+', 'a4-'])
    expect(inspect(pool)).toMatchObject({ waiting: 0, members: { idle: 2, busy: 0 } })
  })
})

describe('a batch', () => {
  it('takes messages for the same handler, up to its size, in a backlog', async () => {
    const batches: number[][] = []
    const Store = definePool({
      init: () => ({ rows: [] as number[] }),
      calls: {
        insert: {
          batch: 4,
          handle: (messages: readonly { row: number }[], state) => {
            batches.push(messages.map((message) => message.row))
            const next = [...state.rows, ...messages.map((message) => message.row)]
            return reply(
              messages.map((message) => message.row * 10),
              { rows: next },
            )
          },
        },
        count: (_message, state) => reply(state.rows.length),
      },
      casts: { note: { batch: 3, handle: (messages: readonly unknown[]) => void batches.push([-messages.length]) } },
    })
    const pool = spawnPool(system, Store, 'store', { size: 1 })
    const insert = (row: number): Promise<number> => call(pool, { type: 'insert', row })
    const results = [1, 2, 3, 4, 5, 6].map(insert)
    const count = call(pool, { type: 'count' })
    const more = [7, 8].map(insert)
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60])
    expect(await count).toBe(6)
    expect(await Promise.all(more)).toEqual([70, 80])
    expect(batches).toEqual([
      [1, 2, 3, 4],
      [5, 6],
      [7, 8],
    ])
    for (let i = 0; i < 5; i++) cast(pool, { type: 'note' })
    await call(pool, { type: 'count' })
    expect(batches.slice(3)).toEqual([[-3], [-2]])
    expect(getState(pool).rows).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('tells each caller that gives up during the run that its message was started', async () => {
    const clock = virtualClock()
    const Slow = definePool({
      calls: {
        sum: {
          batch: 3,
          handle: async (messages: readonly { n: number }[]) => {
            await clock.wait(100)
            return reply(messages.map(({ n }) => n))
          },
        },
      },
    })
    const pool = spawnPool(system, Slow, 'slow', { size: 1, clock, broker: { budget: false } })
    const startedOf = (error: { started: boolean }): boolean => error.started
    const before = [1, 2, 3].map((n) => call(pool, { type: 'sum', n }))
    const calls = [4, 5, 6, 7].map((n) => call(pool, { type: 'sum', n }, { timeout: 150 }).catch(startedOf))
    await clock.advance(500)
    expect(await Promise.all(before)).toEqual([1, 2, 3])
    // The first three of them run from 100 on as one batch; the last one never does.
    expect(await Promise.all(calls)).toEqual([true, true, true, false])
  })

  it('fails as a whole when its handler throws or returns the wrong number of answers', async () => {
    const Bad = definePool({
      init: () => 0,
      calls: {
        throwing: {
          batch: 3,
          handle: () => {
            throw new Error('no')
          },
        },
        short: { batch: 3, handle: () => reply([1]) },
        silent: { batch: 3, handle: () => noReply() },
      },
    })
    const clock = virtualClock()
    const pool = spawnPool(system, Bad, 'bad', { size: 1, clock })
    const codes = async (type: string): Promise<readonly string[]> => {
      const calls = [1, 2].map(() =>
        call(pool, { type } as never).then(
          () => 'answered',
          (error: { code: string }) => error.code,
        ),
      )
      await clock.advance(20_000)
      return Promise.all(calls)
    }
    expect(await codes('throwing')).toEqual(['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_CRASHED'])
    expect(await codes('short')).toEqual(['ERR_GENPOOL_INVALID', 'ERR_GENPOOL_INVALID'])
    expect(await codes('silent')).toEqual(['ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_EXPIRED'])
  })
})

describe('a fair client queue', () => {
  it('serves the tenants in turn, and fails a request for which its function throws', async () => {
    const order: string[] = []
    const Work = definePool({
      init: () => 0,
      calls: {
        work: (msg: { tenant: string }) => {
          order.push(msg.tenant)
          return reply(0)
        },
      },
    })
    const by = (message: unknown): string => {
      const { tenant } = message as { tenant: string }
      if (tenant === 'broken') throw new Error('which tenant?')
      return tenant
    }
    const pool = spawnPool(system, Work, 'pool', { size: 1, broker: { client: { type: 'fair', by } } })
    const send = (tenant: string) => call(pool, { type: 'work', tenant })
    const calls = [...'aaaaab'].map(send)
    await expect(send('broken')).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await Promise.all(calls)
    expect(order.slice(0, 3)).toEqual(expect.arrayContaining(['a', 'b']))
  })
})
