import { call, inspect, map, mapStream, type Results } from '@genpool/core'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { clock } from '../virtual-system'
import { type Item, spawned, item, watchedSource, settled, many } from './items'

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
