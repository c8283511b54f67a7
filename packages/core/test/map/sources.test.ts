import { inspect, map } from '@genpool/core'
import { EventEmitter, on } from 'node:events'
import { Readable } from 'node:stream'
import { clock } from '../virtual-system'
import { type Item, item, many, settled, spawned } from './items'

/** Streams that have given what they have, and wait for more. Each says whether it was closed. */
const LIVE = {
  'a stream of Node': (items: readonly Item[]) => {
    const source = new Readable({ objectMode: true, read: () => undefined })
    for (const each of items) source.push(each)
    return { source, closed: () => source.destroyed }
  },
  'a web stream': (items: readonly Item[]) => {
    let closed = false
    const source = new ReadableStream<Item>({
      start: (controller) => items.forEach((each) => controller.enqueue(each)),
      cancel: () => void (closed = true),
    })
    return { source, closed: () => closed && !source.locked }
  },
  events: (items: readonly Item[]) => {
    const emitter = new EventEmitter()
    const events = on(emitter, 'item') as AsyncIterableIterator<Item[]>
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => events.next().then(({ done, value }) => ({ done, value: (value as Item[] | undefined)?.[0] })),
        return: () => events.return?.(),
      }),
    } as AsyncIterable<Item>
    for (const each of items) emitter.emit('item', each)
    return { source, closed: () => emitter.listenerCount('item') === 0 }
  },
}
type Live = keyof typeof LIVE
const KINDS = Object.keys(LIVE) as Live[]

describe('a source that waits for its next item', () => {
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
  }

  it.each(KINDS)('is closed when the consumer leaves: %s', async (kind) => {
    const { pool } = spawned()
    const { source, closed } = LIVE[kind](many(2))
    const left = (async () => {
      for await (const value of map(pool, source)) return value
      return undefined
    })()
    await turns()
    expect(await settled(left)).toBe(0)
    await turns()
    expect(closed()).toBe(true)
  })

  it.each(KINDS)('is closed after an error: %s', async (kind) => {
    const { pool } = spawned()
    const { source, closed } = LIVE[kind]([item(0, { fails: true })])
    const all = map(pool, source).toArray()
    all.catch(() => undefined)
    await turns()
    expect(await settled(all)).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    await turns()
    expect(closed()).toBe(true)
  })

  it.each(KINDS)('is closed when the signal aborts: %s', async (kind) => {
    const { pool } = spawned()
    const { source, closed } = LIVE[kind](many(2))
    const controller = new AbortController()
    const all = map(pool, source, { signal: controller.signal }).toArray()
    all.catch(() => undefined)
    await turns()
    await clock.advance(100)
    controller.abort()
    expect(await settled(all)).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    await turns()
    expect(closed()).toBe(true)
  })
})

describe('a source of the web', () => {
  it('is read to its end, and free then', async () => {
    const { pool } = spawned()
    const source = ReadableStream.from(many(5))
    const all = map(pool, source).toArray()
    for (let i = 0; i < 20; i++) {
      await new Promise(setImmediate)
      await clock.advance(10)
    }
    expect(await all).toEqual([0, 2, 4, 6, 8])
    expect(source.locked).toBe(false)
  })

  it.each([1, 2, 3, 8])('that is closed before it is read gives all its items: %s', async (count) => {
    for (const options of [{}, { inFlight: 1 }, { inFlight: 2, ordered: false }]) {
      const { pool } = spawned()
      const source = new ReadableStream<Item>({
        start(controller) {
          many(count).forEach((each) => controller.enqueue(each))
          controller.close()
        },
      })
      const found = (await settled(map(pool, source, options).toArray())) as number[]
      expect([...found].sort((a, b) => a - b)).toEqual(many(count).map(({ n }) => n * 2))
      expect(source.locked).toBe(false)
    }
  })

  it('that is closed with its last item gives that, too', async () => {
    const { pool } = spawned()
    let given = 0
    const source = new ReadableStream<Item>({
      pull(controller) {
        controller.enqueue(item(given++))
        if (given === 3) controller.close()
      },
    })
    expect(await settled(map(pool, source, { inFlight: 1 }).toArray())).toEqual([0, 2, 4])
  })

  it('that fails after an item ends the map with its error', async () => {
    const { pool } = spawned()
    let given = 0
    const source = new ReadableStream<Item>({
      pull(controller) {
        if (given++ === 0) controller.enqueue(item(0))
        else controller.error(new Error('no more'))
      },
    })
    expect(await settled(map(pool, source).toArray())).toEqual(new Error('no more'))
    expect(source.locked).toBe(false)
  })

  it('that fails ends the map with its error', async () => {
    const { pool } = spawned()
    const source = new ReadableStream<Item>({ start: (controller) => controller.error(new Error('no more')) })
    expect(await settled(map(pool, source).toArray())).toEqual(new Error('no more'))
    expect(source.locked).toBe(false)
  })
})

describe('a source that has its items at once', () => {
  it.each<[string, (items: Item[]) => Iterable<Item>]>([
    ['a list', (items) => items],
    [
      'a generator',
      function* (items) {
        yield* items
      },
    ],
  ])('fills 20 000 places: %s', async (_name, sourceOf) => {
    const { pool, seen } = spawned({ size: 20_000 })
    const all = map(pool, sourceOf(many(20_000))).toArray()
    const found = (await settled(all)) as number[]
    expect(found).toHaveLength(20_000)
    expect(seen.most).toBe(20_000)
    expect(inspect(pool)).toMatchObject({ waiting: 0 })
  })
})

describe('a source whose iterator returns no result', () => {
  it.each([undefined, null, 5, 'end', true])('ends the map with an error that says so: %p', async (result) => {
    const { pool } = spawned()
    for (const next of [() => result, () => Promise.resolve(result)]) {
      let closed = false
      const close = (): unknown => ({ done: (closed = true) })
      const source = { [Symbol.asyncIterator]: () => ({ next, return: close }) } as never
      const says = `The "next" of the source must return an object { done, value }; it returned `
      await expect(map(pool, source).toArray()).rejects.toThrow(new RegExp(`^${says}`))
      // As with for await: an iterator that is broken is not told to return.
      expect(closed).toBe(false)
    }
  })

  it('gives the results that it has first, where errors are collected', async () => {
    const { pool } = spawned()
    const results: unknown[] = [{ done: false, value: item(1) }, 5]
    const source = { [Symbol.iterator]: () => ({ next: () => results.shift() }) } as never
    const seen: unknown[] = []
    const all = (async () => {
      for await (const value of map(pool, source, { onError: 'collect' })) seen.push(value)
    })()
    expect(await settled(all)).toMatchObject({ name: 'TypeError', message: expect.stringContaining('it returned 5') })
    expect(seen).toEqual([2])
  })
})
