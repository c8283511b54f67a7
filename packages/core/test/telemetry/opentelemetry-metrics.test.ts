import { call, definePool, inspect, type PoolRef, reply, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { type DataPoint, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { system, clock, exporter, tracer, Shop, spawned } from './traced-shop'

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {
    // Nothing is kept here.
  }

  protected override async onShutdown(): Promise<void> {
    // Nothing is open.
  }
}

describe('metrics of an instrumented pool', () => {
  const collected = async (reader: Reader) => {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return (name: string, label?: string): Record<string, unknown> => {
      const points = (metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ??
        []) as DataPoint<unknown>[]
      return Object.fromEntries(
        points.map(({ attributes, value }) => [String(attributes[label ?? 'genpool.pool']), value]),
      )
    }
  }

  it('have the figures of inspect, and how long requests waited and ran', async () => {
    const reader = new Reader()
    const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
    const { pool, end } = spawned(
      { broker: { client: { type: 'drop', max: 2 } } },
      { tracer: false, meter, attributes: { 'service.name': 'x' } },
    )
    const sell = (): Promise<unknown> => call(pool, { type: 'sell', what: 'bread' }).catch(() => undefined)
    const answers = [sell(), sell(), sell(), sell()]
    await clock.advance(15)
    let figure = await collected(reader)
    expect(figure('genpool.queue.length')).toEqual({ shop: 1 })
    expect(figure('genpool.members', 'genpool.status')).toEqual({ idle: 0, busy: 1, starting: 0 })
    await clock.advance(100)
    await Promise.all(answers)
    figure = await collected(reader)
    expect(figure('genpool.requests', 'genpool.outcome')).toEqual(inspect(pool).outcomes)
    expect(figure('genpool.requests', 'genpool.outcome')).toMatchObject({ replied: 3, dropped: 1 })
    expect(figure('genpool.drops', 'genpool.reason')).toEqual({ max: 1 })
    expect(figure('genpool.state.version')).toEqual({ shop: 3 })
    expect(figure('genpool.restarts')).toEqual({ shop: 0 })
    expect(figure('genpool.requests', 'service.name')).toHaveProperty('x')
    const run = figure('genpool.run.duration', 'genpool.outcome')['replied'] as Histogram
    const waited = figure('genpool.wait.duration', 'genpool.outcome') as { replied: Histogram; dropped: Histogram }
    expect([run.count, run.sum?.toFixed(6)]).toEqual([3, '0.030000'])
    expect([waited.replied.count, waited.replied.sum?.toFixed(6), waited.dropped.count]).toEqual([3, '0.030000', 1])
    end()
    await Promise.all([call(pool, { type: 'look' }), clock.advance(1)])
    expect(inspect(pool).outcomes.replied).toBe(4)
    figure = await collected(reader)
    expect(figure('genpool.requests', 'genpool.outcome')['replied']).toBe(3)
  })

  it('name a back-off alike, in what waits and in how long that took', async () => {
    const reader = new Reader()
    const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
    const Fetcher = definePool({
      calls: {
        get: ({ busy }: { busy: boolean }, _state, ctx) => {
          if (busy) ctx.backOff(50)
          return reply('got')
        },
      },
    })
    const pool = spawnPool(system, Fetcher, 'fetcher', { size: 1, clock })
    instrument(pool, { tracer, meter })
    await call(pool, { type: 'get', busy: true })
    const answer = call(pool, { type: 'get', busy: false })
    await clock.advance(10)
    expect((await collected(reader))('genpool.queue.held', 'genpool.limit')).toEqual({ backOff: 1 })
    await clock.advance(50)
    await answer
    expect(Object.keys((await collected(reader))('genpool.held.duration', 'genpool.limit'))).toEqual(['backOff'])
  })

  it('say how many requests a limit holds, and how long each of them was held, as its span does', async () => {
    const reader = new Reader()
    const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
    const { pool } = spawned({ size: 4, limits: { by: 'what', concurrency: 1 }, rate: { limit: 3 } }, { tracer, meter })
    const answers = ['bread', 'bread', 'milk'].map(async (what) => call(pool, { type: 'sell', what }))
    await clock.advance(5)
    expect((await collected(reader))('genpool.queue.held', 'genpool.limit')).toEqual({ rate: 0, limits: 1 })
    await clock.advance(100)
    await Promise.all(answers)
    const held = (await collected(reader))('genpool.held.duration', 'genpool.limit')['limits'] as Histogram
    expect([held.count, held.sum?.toFixed(6)]).toEqual([1, '0.010000'])
    const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'call shop.sell')
    expect(spans.map(({ attributes }) => [attributes['genpool.held_by'], attributes['genpool.held_ms']])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      ['limits', 10],
    ])
  })

  it('go to the global providers by default, which do nothing until one is set', async () => {
    const pool = spawnPool(system, Shop, 'plain', { size: 1, clock })
    const end = instrument(pool as PoolRef)
    expect(await Promise.all([call(pool, { type: 'look' }), clock.advance(1)])).toEqual([0, undefined])
    end()
  })
})
