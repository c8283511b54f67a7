import { call, cast, definePool, noReply, reply, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { remotePool, serve } from '@genpool/nats'
import { openTelemetry } from '@genpool/nats/opentelemetry'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { dispatch, start, stop } from 'nact'
import { connectTo, endServers, startServer } from './support/server'
import { until } from './support/until'
import { traceparent } from '../../threads/test/fixtures/traceparent'

afterAll(endServers)

describe('metrics of a remote pool', () => {
  it('have what its client knows', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const meters = new MeterProvider({ readers: [reader] })
    const system = start()
    const server = await startServer()
    const Orders = definePool({ calls: { add: ({ value }: { value: number }) => reply(value + 1) } })
    const service = await serve(spawnPool(system, Orders, 'local') as never, await connectTo(server), {
      name: 'orders',
    })
    const orders = remotePool<typeof Orders>(system, await connectTo(server), { name: 'orders' })
    const end = instrument(orders, { meter: meters.getMeter('test'), attributes: { zone: 'a' } })
    await call(orders, { type: 'add', value: 1 })
    await call(orders, { type: 'sub' } as never).catch(() => undefined)
    await reader.forceFlush()
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    const points = (name: string): unknown =>
      metrics
        .find(({ descriptor }) => descriptor.name === name)!
        .dataPoints.map(({ value, attributes }) => ({ value, ...attributes }))
    const own = { 'genpool.pool': 'orders', zone: 'a' }
    expect(points('genpool.remote.calls')).toEqual([
      { ...own, value: 1, 'genpool.outcome': 'answered' },
      { ...own, value: 1, 'genpool.outcome': 'ERR_GENPOOL_INVALID' },
    ])
    expect(points('genpool.remote.nodes')).toContainEqual({ ...own, value: 1, 'genpool.status': 'ready' })
    expect(points('genpool.remote.in_flight')).toEqual([{ ...own, value: 0 }])
    expect(points('genpool.remote.answer')).toHaveLength(4)
    end()
    await meters.shutdown()
    await service.stop()
    stop(system)
  })
})

describe('a trace', () => {
  it('goes over both sides: the spans of the node are children of the span of the caller', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(traceparent as never)
    const system = start()
    const server = await startServer()
    let resets = 0
    const Orders = definePool({
      init: () => 0,
      calls: { add: ({ value }: { value: number }) => reply(value + 1) },
      casts: {
        reset: () => {
          resets++
          return noReply()
        },
      },
    })
    const pool = spawnPool(system, Orders, 'local')
    instrument(pool, { tracer: provider.getTracer('test'), meter: false })
    const service = await serve(pool as never, await connectTo(server), {
      name: 'orders',
      propagation: openTelemetry(),
    })
    const orders = remotePool<typeof Orders>(system, await connectTo(server), {
      name: 'orders',
      propagation: openTelemetry(),
    })

    const tracer = provider.getTracer('test')
    await tracer.startActiveSpan('checkout', async (span) => {
      expect(await call(orders, { type: 'add', value: 1 })).toBe(2)
      span.end()
    })
    expect(await call(orders, { type: 'add', value: 2 })).toBe(3)

    await tracer.startActiveSpan('reset', async (span) => {
      cast(orders, { type: 'reset' })
      cast(orders, { type: 'reset' }, { key: 'k' })
      dispatch(orders, { type: 'reset' })
      span.end()
      await until(() => resets === 3, 'the casts are done')
    })

    const spans = exporter.getFinishedSpans()
    const checkout = spans.find(({ name }) => name === 'checkout')!
    const [first, second] = spans.filter(({ name }) => name === 'call local.add')
    expect(first!.spanContext().traceId).toBe(checkout.spanContext().traceId)
    expect(first!.parentSpanContext).toMatchObject({ spanId: checkout.spanContext().spanId })
    expect(second!.spanContext().traceId).not.toBe(checkout.spanContext().traceId)
    const reset = spans.find(({ name }) => name === 'reset')!
    const casts = spans.filter(({ name }) => name.endsWith('local.reset'))
    expect(new Set(casts.map((each) => each.spanContext().traceId))).toEqual(new Set([reset.spanContext().traceId]))
    expect(casts.length).toBeGreaterThanOrEqual(3)
    await service.stop()
    stop(system)
    context.disable()
    propagation.disable()
  })
})
