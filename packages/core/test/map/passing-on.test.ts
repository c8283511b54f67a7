import { definePool, inspect, map, reply, spawnPool } from '@genpool/core'
import fc from 'fast-check'
import { Readable } from 'node:stream'
import { clock, system } from '../virtual-system'
import { type Item, spawned, item, watchedSource, settled, many } from './items'

describe('map', () => {
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
