import { configure, inspect, map } from '@genpool/core'
import { Readable } from 'node:stream'
import { clock } from '../virtual-system'
import { type Item, spawned, item, watchedSource, settled, many } from './items'

describe('map', () => {
  it('gives the results in order, and keeps all members busy', async () => {
    const { pool, seen } = spawned()
    const results = map(
      pool,
      many(7, (n) => ({ ms: 10 + (n % 3) })),
    )
    expect(await settled(results.toArray())).toEqual([0, 2, 4, 6, 8, 10, 12])
    expect(seen.most).toBe(3)
  })

  it('gives them as they come with ordered: false', async () => {
    const { pool } = spawned()
    const results = map(pool, [item(1, { ms: 30 }), item(2, { ms: 20 }), item(3, { ms: 10 })], { ordered: false })
    expect(await settled(results.toArray())).toEqual([6, 4, 2])
  })

  it('begins nothing before a result is asked for, and takes no more than inFlight from the source', async () => {
    const { pool } = spawned({ size: 8 })
    const source = watchedSource(many(100))
    const results = map(pool, source.items, { inFlight: 5 })
    await clock.advance(50)
    expect(source.taken).toBe(0)
    const first = results.next()
    await clock.advance(0)
    expect(source.taken).toBe(5)
    await clock.advance(10)
    expect(await first).toEqual({ done: false, value: 0 })
    // The consumer is slow: the results that wait for it count.
    await clock.advance(1000)
    expect(source.taken).toBe(6)
    await results.return()
    expect(source).toMatchObject({ taken: 6, closed: true })
  })

  it('takes as much as members may work at once, also when that changes', async () => {
    const { pool, seen } = spawned({ size: 4, concurrency: 2 })
    const all = map(pool, many(12)).toArray()
    await clock.advance(5)
    expect(inspect(pool)).toMatchObject({ waiting: 0, members: { busy: 2 } })
    configure(pool, { concurrency: Infinity })
    await settled(all)
    expect(seen.most).toBe(4)
  })

  it('reads async sources, lists of promises and generators that never end', async () => {
    const { pool } = spawned()
    const slow = (async function* () {
      for (let n = 0; n < 3; n++) {
        await clock.wait(100)
        yield item(n)
      }
    })()
    expect(await settled(map(pool, slow).toArray())).toEqual([0, 2, 4])
    expect(await settled(map(pool, [Promise.resolve(item(1)), item(2)]).toArray())).toEqual([2, 4])
    expect(await settled(map(pool, Readable.from(many(3)) as AsyncIterable<Item>).toArray())).toEqual([0, 2, 4])
    const endless = (function* () {
      for (let n = 0; ; n++) yield item(n)
    })()
    const firstTen = async (): Promise<number[]> => {
      const found: number[] = []
      for await (const value of map(pool, endless)) if (found.push(value) === 10) break
      return found
    }
    expect(await settled(firstTen())).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    expect([...endless]).toEqual([])
    expect(await settled(map(pool, [] as Item[]).toArray())).toEqual([])
  })
})
