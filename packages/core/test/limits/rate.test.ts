import { cast, configure, explain, inspect } from '@genpool/core'
import { limited } from './limited'

describe('a rate of work', () => {
  it('lets that many begin within any interval, and the others wait in order', async () => {
    const { clock, began, send, pool } = limited({ rate: { limit: 2, interval: 100 } })
    const all = Promise.all(Array.from({ length: 5 }, () => send()))
    await clock.settle()
    expect(inspect(pool)).toMatchObject({ waiting: 3, members: { idle: 8 }, rate: { waiting: 3, opensInMs: 100 } })
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 0, 100, 100, 200])
  })

  it('is spread evenly with a burst of one', async () => {
    const { clock, began, send } = limited({ rate: { limit: 4, interval: 100, burst: 1 } })
    const all = Promise.all(Array.from({ length: 4 }, () => send()))
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 25, 50, 75])
  })

  it('costs 1 for a message without the property of the cost', async () => {
    const { clock, began, send } = limited({ rate: { limit: 2, interval: 100, cost: 'tokens' } })
    const all = Promise.all([send(), send({ tokens: undefined } as never), send({ tokens: 2 }), send()])
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 0, 100, 200])
  })

  it('refuses a message for which a function finds no cost', async () => {
    const { send } = limited({ rate: { limit: 2, cost: () => undefined as never } })
    await expect(send()).rejects.toThrow('expected a whole number >= 0 as the "cost" of a message, got undefined')
  })

  it('counts what messages cost, and refuses one that may never begin', async () => {
    const { clock, began, send } = limited({ rate: { limit: 10, interval: 100, cost: 'tokens' } })
    const all = Promise.all([send({ tokens: 6 }), send({ tokens: 6 }), send({ tokens: 4 }), send({ tokens: 1 })])
    await expect(send({ tokens: 11 })).rejects.toThrow('it costs 11, and no more than 10 may ever begin at once')
    await expect(send({ tokens: '3' } as never)).rejects.toThrow(
      'expected a whole number >= 0 as the "cost" of a message, got ',
    )
    await clock.advance(500)
    await all
    expect(began).toEqual([0, 100, 100, 200])
  })

  it('drops once what finds no room', async () => {
    const { clock, pool, send } = limited({
      size: 1,
      rate: { limit: 9, interval: 100 },
      broker: { client: { max: 1 } },
    })
    const all = Promise.allSettled([send({ ms: 10 }), send(), send(), send()])
    await clock.advance(20)
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(inspect(pool)).toMatchObject({ outcomes: { dropped: 2 }, drops: { max: 2 } })
  })

  it('is one for each key with by', async () => {
    const { clock, log, send } = limited({ rate: { limit: 1, interval: 100, by: 'user' } })
    const all = Promise.all([send({ user: 'a' }), send({ user: 'a' }), send({ user: 'b' })])
    await clock.settle()
    expect(log).toEqual(['a+', 'a-', 'b+', 'b-'])
    await clock.advance(100)
    await all
    expect(log.slice(4)).toEqual(['a+', 'a-'])
  })

  it('keeps deadlines, aborts and priorities of what waits', async () => {
    const { clock, log, send } = limited({ rate: { limit: 1, interval: 100 } })
    const controller = new AbortController()
    const results = Promise.allSettled([
      send({ user: 'first' }),
      send({ user: 'late' }, { timeout: 50 }),
      send({ user: 'gone' }, { signal: controller.signal }),
      send({ user: 'plain' }),
      send({ user: 'urgent' }, { priority: 1 }),
    ])
    await clock.settle()
    controller.abort()
    await clock.advance(500)
    expect(
      (await results).map((result) => ('reason' in result ? (result.reason as { code: string }).code : result.value)),
    ).toEqual(['first', 'ERR_GENPOOL_EXPIRED', 'ERR_GENPOOL_CANCELLED', 'plain', 'urgent'])
    expect(log.filter((entry) => entry.endsWith('+'))).toEqual(['first+', 'urgent+', 'plain+'])
  })

  it('loses no place to a call that is aborted before it runs', async () => {
    const { clock, began, send } = limited({ rate: { limit: 1, interval: 100 } })
    await clock.settle()
    const controller = new AbortController()
    const gone = send({}, { signal: controller.signal })
    controller.abort()
    await expect(gone).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    const other = send()
    await clock.settle()
    await other
    expect(began).toEqual([0])
  })

  it('changes while the pool runs, and ends with false', async () => {
    const { clock, began, pool, send } = limited({ rate: { limit: 1, interval: 1000 } })
    const all = Promise.all(Array.from({ length: 5 }, () => send()))
    await clock.advance(10)
    configure(pool, { rate: { limit: 3 } })
    await clock.settle()
    expect(began).toEqual([0, 10, 10])
    configure(pool, { rate: false })
    await clock.settle()
    await all
    expect(began).toEqual([0, 10, 10, 10, 10])
    configure(pool, { rate: { limit: 1, interval: 50 } })
    const more = Promise.all([send(), send()])
    await clock.advance(100)
    await more
    expect(began.slice(5)).toEqual([10, 60])
  })

  it('begins with what waits already, also in a long queue of casts', async () => {
    const { clock, began, pool, send } = limited({ size: 1 })
    const first = send({ ms: 10 })
    await clock.settle()
    for (let i = 0; i < 3000; i++) cast(pool, { type: 'note' } as never)
    configure(pool, { rate: { limit: 1000, interval: 100 } })
    await clock.advance(400)
    await first
    expect(began).toHaveLength(3001)
    expect(began.filter((at) => at < 100).length).toBe(1001)
  })

  it('is explained: what it holds, and when the next may begin', async () => {
    const { clock, pool, send } = limited({ rate: { limit: 2, interval: 400 } })
    const all = Promise.all(Array.from({ length: 5 }, () => send()))
    await clock.advance(100)
    expect(explain(pool).findings).toMatchObject([
      {
        finding: 'rate',
        says: '3 requests wait for the rate of work: at most 2 may begin in 400 ms; the next may begin in 300 ms',
        figures: { held: 3, limit: 2, intervalMs: 400, opensInMs: 300, waiting: 3, idle: 8 },
        option: 'rate.limit',
      },
    ])
    await clock.advance(2000)
    await all
  })
})
