import {
  call,
  configure,
  definePool,
  inspect,
  map,
  mapStream,
  type PoolOptions,
  reply,
  type Results,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})

interface Item {
  readonly type: 'work'
  readonly n: number
  readonly ms?: number
  readonly fails?: boolean
}
const spawned = (options: PoolOptions = {}) => {
  const seen = { begun: [] as number[], running: 0, most: 0, cancelled: [] as number[] }
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async ({ n, ms = 10, fails = false }: Omit<Item, 'type'>, _state, ctx) => {
        seen.begun.push(n)
        seen.most = Math.max(seen.most, ++seen.running)
        ctx.signal.addEventListener('abort', () => seen.cancelled.push(n))
        await clock.wait(ms)
        seen.running--
        if (fails) throw new Error(`item ${n}`)
        return reply(n * 2)
      },
    },
  })
  return {
    seen,
    pool: spawnPool(system, Work, `pool${Math.random()}`, { size: 3, clock, timeout: Infinity, ...options }),
  }
}
const item = (n: number, rest: Partial<Item> = {}): Item => ({ type: 'work', n, ...rest })
/** A source that says what was taken, and whether it was closed. */
const watchedSource = (items: readonly Item[]) => {
  const source = { taken: 0, closed: false, items: [Symbol.iterator] as unknown as Iterable<Item> }
  source.items = (function* () {
    try {
      for (const each of items) {
        source.taken++
        yield each
      }
    } finally {
      source.closed = true
    }
  })()
  return source
}
/** Runs on virtual time until the promise has settled. */
const settled = async <T>(promise: Promise<T>, ms = 1000): Promise<T | { code?: string; message: string }> => {
  const caught = promise.catch((error: Error) => error)
  await clock.advance(ms)
  return caught
}
const many = (count: number, rest: (n: number) => Partial<Item> = () => ({})): Item[] =>
  Array.from({ length: count }, (_, n) => item(n, rest(n)))

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
    const all = map(pool, [item(1)], { key: () => Promise.reject(new Error('late')) as unknown }).toArray()
    expect(await settled(all)).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
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

  it('lets a consumer leave while it waits, also for a source that never yields', async () => {
    const { pool } = spawned()
    let closed = false
    const silent: AsyncIterable<Item> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => {
          closed = true
          return new Promise(() => undefined)
        },
      }),
    }
    const results = map(pool, silent)
    const next = results.next()
    await clock.advance(1)
    expect(await results.return()).toEqual({ done: true, value: undefined })
    expect(await next).toEqual({ done: true, value: undefined })
    expect(closed).toBe(true)
  })

  it('ends with its signal, before and while it runs', async () => {
    const { pool } = spawned()
    const abort = new AbortController()
    const all = map(pool, many(100), { signal: abort.signal }).toArray()
    const seen = settled(all, 0)
    await clock.advance(15)
    abort.abort(new Error('enough'))
    expect(await seen).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', started: true, cause: new Error('enough') })
    const source = watchedSource(many(5))
    expect(await settled(map(pool, source.items, { signal: abort.signal }).toArray())).toMatchObject({
      code: 'ERR_GENPOOL_CANCELLED',
      started: false,
    })
    expect(source.taken).toBe(0)
  })

  it('passes timeout, priority and key on', async () => {
    const { pool, seen } = spawned()
    expect(await settled(map(pool, many(3), { timeout: 5 }).toArray())).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    await clock.advance(100)
    seen.most = 0
    const keyed = map(pool, many(6), { key: () => 'one', inFlight: 6 }).toArray()
    expect(await settled(keyed)).toEqual([0, 2, 4, 6, 8, 10])
    expect(seen.most).toBe(1)
    const key = (): never => {
      throw new Error('no key')
    }
    expect(await settled(map(pool, many(2), { key }).toArray())).toEqual(new Error('no key'))
  })

  it.each([
    [undefined, {}, /expected an iterable or async iterable of messages, got undefined/],
    ['text', {}, /expected an iterable/],
    [{ length: 1 }, {}, /expected an iterable/],
    [[], { inFlight: 0 }, /inFlight/],
    [[], { inflight: 3 }, /did you mean "inFlight"/],
    [[], { onError: 'ignore' }, /onError/],
  ])('refuses the source %p with the options %p at once', (source, options, text) => {
    const { pool } = spawned()
    expect(() => map(pool, source as never, options as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_GENPOOL_OPTIONS',
        message: expect.stringMatching(text) as unknown,
      }) as Error,
    )
  })

  it('keeps its promises for any items, times, limits and consumers', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          items: fc.array(fc.record({ ms: fc.integer({ min: 0, max: 30 }), fails: fc.boolean() }), { maxLength: 25 }),
          inFlight: fc.integer({ min: 1, max: 6 }),
          size: fc.integer({ min: 1, max: 4 }),
          ordered: fc.boolean(),
          async: fc.boolean(),
          pause: fc.integer({ min: 0, max: 20 }),
          leaveAfter: fc.option(fc.integer({ min: 0, max: 10 })),
        }),
        async ({ items, inFlight, size, ordered, pause, leaveAfter, async }) => {
          const { pool, seen } = spawned({ size })
          const source = watchedSource(items.map((each, n) => item(n, each)))
          const failed: number[] = []
          const found: number[] = []
          let handed = 0
          let mostInHand = 0
          const look = (): void => void (mostInHand = Math.max(mostInHand, source.taken - handed - failed.length))
          const consume = async (): Promise<void> => {
            const options = { inFlight, ordered, onError: (_: unknown, { n }: Item) => void failed.push(n) }
            const from = async ? Readable.from(source.items, { highWaterMark: 1 }) : source.items
            for await (const value of map(pool, from as Iterable<Item>, options)) {
              handed++
              found.push(value / 2)
              if (!async) look()
              if (found.length === leaveAfter) return
              await clock.wait(pause)
              if (!async) look()
            }
          }
          const consumed = consume()
          await clock.advance(5000)
          await consumed
          const good = items.flatMap(({ fails }, n) => (fails ? [] : [n]))
          const expected = leaveAfter !== null && leaveAfter > 0 ? good.slice(0, leaveAfter) : good
          if (ordered) expect(found).toEqual(expected)
          else expect(new Set(found).size).toBe(expected.length)
          expect(found.every((n) => good.includes(n))).toBe(true)
          // One more is in the hands of the consumer.
          expect(mostInHand).toBeLessThanOrEqual(inFlight + 1)
          expect(seen.most).toBeLessThanOrEqual(Math.min(size, inFlight))
          expect(inspect(pool)).toMatchObject({ waiting: 0, members: { busy: 0 } })
          expect(clock.timers).toBe(0)
        },
      ),
      { numRuns: 150 },
    ))

  it('holds no more for many items than for few', async () => {
    const Echo = definePool({ init: () => 0, calls: { echo: (msg: { n: number }) => reply(msg.n) } })
    const pool = spawnPool(system, Echo, 'echo', { size: 4 })
    let taken = 0
    const source = (function* () {
      for (let n = 0; n < 100_000; n++) {
        taken++
        yield { type: 'echo', n } as const
      }
    })()
    let handed = 0
    let most = 0
    let wrong = 0
    for await (const n of map(pool, source, { inFlight: 50 })) {
      if (n !== handed++) wrong++
      most = Math.max(most, taken - handed)
    }
    expect(wrong).toBe(0)
    expect(handed).toBe(100_000)
    expect(most).toBeLessThanOrEqual(50)
  })
})

describe('mapStream', () => {
  const sink = (found: unknown[], ms = 0): Writable =>
    new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (value, _encoding, done) => {
        found.push(value)
        if (ms === 0) done()
        else void clock.wait(ms).then(() => done())
      },
    })

  it('maps a stream with backpressure', async () => {
    const { pool } = spawned()
    const source = watchedSource(many(200))
    const found: number[] = []
    const piped = pipeline(Readable.from(source.items, { highWaterMark: 1 }), mapStream(pool), sink(found, 100))
    await clock.advance(1000)
    // What is in hand, and what the buffers of the streams hold.
    expect(source.taken).toBeLessThan(50)
    await clock.advance(20_000)
    await piped
    expect(found).toEqual(many(200).map(({ n }) => n * 2))
  })

  it('fails the pipeline with the error of a call, and closes the source', async () => {
    const { pool } = spawned()
    const source = watchedSource(many(50, (n) => ({ fails: n === 5 })))
    const piped = pipeline(Readable.from(source.items, { highWaterMark: 1 }), mapStream(pool), sink([]))
    expect(await settled(piped)).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(source.closed).toBe(true)
    expect(inspect(pool)).toMatchObject({ waiting: 0, members: { busy: 0 } })
  })

  it('gives everything back when it is destroyed, or its signal aborts', async () => {
    const { pool, seen } = spawned()
    const source = watchedSource(many(100, () => ({ ms: 1000 })))
    const stream = mapStream(pool)
    const broken = pipeline(Readable.from(source.items, { highWaterMark: 1 }), stream, sink([]))
    const seenError = settled(broken, 0)
    await clock.advance(10)
    stream.destroy()
    expect(await seenError).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    await clock.advance(10)
    expect(seen.cancelled).toHaveLength(3)
    expect(source.closed).toBe(true)
    const abort = new AbortController()
    const other = mapStream(pool, { signal: abort.signal })
    const piped = pipeline(Readable.from(many(10, () => ({ ms: 5000 }))), other, sink([]))
    await clock.advance(2000)
    abort.abort()
    expect(await settled(piped)).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    expect(() => mapStream(pool, { inFlight: -1 })).toThrow(/inFlight/)
  })

  it('is not needed in a pipeline: map itself fits there', async () => {
    const { pool } = spawned()
    const found: number[] = []
    const piped = pipeline(
      Readable.from(many(5)),
      (source: AsyncIterable<Item>): Results<number> => map(pool, source),
      sink(found),
    )
    await settled(piped)
    expect(found).toEqual([0, 2, 4, 6, 8])
    expect(await settled(call(pool, item(1)))).toBe(2)
  })
})
