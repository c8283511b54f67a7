import { inspect, map } from '@genpool/core'
import { clock } from '../virtual-system'
import { type Item, spawned, item, watchedSource, settled, many } from './items'

describe('map', () => {
  it('stops at the first error: ready results first, the rest is cancelled, the source is closed', async () => {
    const { pool, seen } = spawned()
    const source = watchedSource([
      item(0, { ms: 5 }),
      item(1, { ms: 20 }),
      item(2, { ms: 10, fails: true }),
      ...many(9),
    ])
    const found: number[] = []
    const all = (async () => {
      for await (const value of map(pool, source.items)) found.push(value)
    })()
    expect(await settled(all)).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: new Error('item 2') })
    expect(found).toEqual([0])
    expect(source).toMatchObject({ taken: 4, closed: true })
    expect(seen.cancelled).toEqual([2, 1, 0])
    expect(inspect(pool)).toMatchObject({ waiting: 0 })
  })

  it('collects the errors, or tells a function, and goes on', async () => {
    const { pool } = spawned()
    const items = many(6, (n) => ({ fails: n % 2 === 1 }))
    const found: number[] = []
    const all = (async () => {
      for await (const value of map(pool, items, { onError: 'collect' })) found.push(value)
    })()
    const error = (await settled(all)) as AggregateError
    expect(error).toBeInstanceOf(AggregateError)
    expect(error.errors).toHaveLength(3)
    expect(error.message).toMatch(/^3 of 6 calls to pool "pool.*" failed; the first error: .*item 1/)
    expect(found).toEqual([0, 4, 8])
    const told: unknown[] = []
    const rest = map(pool, items, { onError: (_error, message) => told.push(message.n) }).toArray()
    expect(await settled(rest)).toEqual([0, 4, 8])
    expect(told).toEqual([1, 3, 5])
  })

  it.each([
    () => {
      throw new Error('mine')
    },
    () => Promise.reject(new Error('mine')),
  ])('ends with what onError throws', async (onError) => {
    const { pool } = spawned()
    const all = map(
      pool,
      many(6, (n) => ({ fails: n === 1 })),
      { onError },
    ).toArray()
    expect(await settled(all)).toEqual(new Error('mine'))
  })

  it('ends with the error of the source; what is in hand is finished first if errors do not stop it', async () => {
    const { pool } = spawned()
    const broken = function* () {
      yield item(1)
      throw new Error('no more')
    }
    const found: number[] = []
    for (const onError of ['stop', 'collect'] as const) {
      const all = (async () => {
        for await (const value of map(pool, broken(), { onError })) found.push(value)
      })()
      expect(await settled(all)).toEqual(new Error('no more'))
    }
    expect(found).toEqual([2])
    const late = map(pool, [item(1), Promise.reject(new Error('no item'))] as Item[], { onError: 'collect' })
    expect(await settled(late.toArray())).toEqual(new Error('no item'))
  })

  it('gives everything back when the consumer leaves: what waits never runs, what runs is told', async () => {
    const { pool, seen } = spawned({ size: 2 })
    const source = watchedSource(many(100, (n) => ({ ms: 10 + 100 * n })))
    const results = map(pool, source.items, { inFlight: 6 })
    const left = (async () => {
      for await (const value of results) return value
      return undefined
    })()
    await clock.advance(20)
    expect(await left).toBe(0)
    expect(inspect(pool)).toMatchObject({ waiting: 0 })
    await clock.advance(10_000)
    expect(seen.begun).toEqual([0, 1, 2])
    expect(seen.cancelled).toEqual([1, 2])
    expect(source).toMatchObject({ taken: 7, closed: true })
    expect(clock.timers).toBe(0)
  })

  it.each<[string, () => unknown]>([
    ['no result', () => undefined],
    ['no result later', () => Promise.resolve(undefined)],
    [
      'a result that cannot be read later',
      () =>
        Promise.resolve({
          get done(): boolean {
            throw new TypeError('unreadable')
          },
        }),
    ],
  ])('fails if the iterator of the source gives %s', async (_name, next) => {
    const { pool } = spawned()
    const source = { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<Item>
    expect(await settled(map(pool, source).toArray())).toBeInstanceOf(TypeError)
  })

  it('refuses a key that is a promise', async () => {
    const { pool } = spawned()
    const all = map(pool, [item(1)], { key: () => Promise.reject(new Error('late')) as never }).toArray()
    expect(await settled(all)).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
  })
})

describe('a map that is aborted', () => {
  const never = new Promise<never>(() => undefined)

  it('while it waits for its source says so, and claims no running request', async () => {
    const { pool } = spawned()
    const controller = new AbortController()
    const source = async function* () {
      yield item(0)
      await never
    }
    const all = settled(map(pool, source(), { signal: controller.signal }).toArray())
    await clock.advance(100)
    controller.abort()
    expect(await all).toMatchObject({
      code: 'ERR_GENPOOL_CANCELLED',
      started: false,
      message: expect.stringContaining('it waited for its source') as string,
    })
  })

  it('says that a request was running if one was', async () => {
    const { pool } = spawned()
    const controller = new AbortController()
    const all = map(pool, many(9), { signal: controller.signal })
      .toArray()
      .catch((error: unknown) => error)
    await clock.advance(5)
    controller.abort()
    expect(await all).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', started: true })
  })
})

describe('a source whose return() never settles', () => {
  it.each(['stop', 'abort'])('does not swallow why the map ends: %s', async (how) => {
    const { pool } = spawned()
    const controller = new AbortController()
    const source: AsyncIterable<ReturnType<typeof item>> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: item(1, { fails: how === 'stop' }) }),
        return: () => new Promise<never>(() => undefined),
      }),
    }
    const all = settled(map(pool, source, { signal: controller.signal, inFlight: 1 }).toArray())
    await clock.advance(how === 'stop' ? 50 : 5)
    controller.abort()
    await clock.advance(50)
    expect(await all).toMatchObject({ code: how === 'stop' ? 'ERR_GENPOOL_CRASHED' : 'ERR_GENPOOL_CANCELLED' })
  })
})
