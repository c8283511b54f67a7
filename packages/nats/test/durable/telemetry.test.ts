import { definePool, noReply, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { durable } from '@genpool/nats'
import { instrumentJobs, openTelemetry } from '@genpool/nats/opentelemetry'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { traceparent } from '../../../threads/test/fixtures/traceparent'
import { until } from '../support/until'

afterAll(async () => {
  await endJetStream()
})

describe('OpenTelemetry', () => {
  it('has one trace from the sender of a durable cast to its handler, and counts what became of it', async () => {
    const spans = new InMemorySpanExporter()
    const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const meters = new MeterProvider({ readers: [reader] })
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(traceparent as never)
    const system = start()
    const Work = definePool({ init: () => 0, casts: { work: () => noReply() } })
    const pool = spawnPool(system, Work, 'work')
    const tracer = tracing.getTracer('test')
    instrument(pool, { tracer, meter: false })
    const connection = await connectTo(await startJetStream())
    const jobs = await durable(connection, { name: 'traced', lanes: 1, keepUnknown: 0, propagation: openTelemetry() })
    await tracer.startActiveSpan('checkout', async (span) => {
      await jobs.cast({ type: 'work' })
      span.end()
    })
    await jobs.cast({ type: 'nonsense' })
    const consumer = await jobs.consume(pool as never)
    const end = instrumentJobs(consumer, { meter: meters.getMeter('test') })
    await until(() => consumer.inspect().done + consumer.inspect().dead === 2, 'both have ended')
    await until(() => consumer.inspect().server !== null, 'the server has said what it has')

    const checkout = spans.getFinishedSpans().find(({ name }) => name === 'checkout')!
    const run = spans.getFinishedSpans().find(({ name }) => name === 'cast work.work')!
    expect(run.spanContext().traceId).toBe(checkout.spanContext().traceId)
    await reader.forceFlush()
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    const outcomes = metrics.find(({ descriptor }) => descriptor.name === 'genpool.jobs')!.dataPoints
    expect(Object.fromEntries(outcomes.map(({ attributes, value }) => [attributes['genpool.outcome'], value]))).toEqual(
      {
        done: 1,
        again: 0,
        dead: 1,
        expired: 0,
        returned: 0,
        left: 0,
      },
    )
    const queue = metrics.find(({ descriptor }) => descriptor.name === 'genpool.queue.casts')!.dataPoints
    expect(queue.map(({ attributes }) => attributes['genpool.state'])).toContain('unacknowledged')
    end()
    await consumer.stop()
    await meters.shutdown()
    stop(system)
    context.disable()
    propagation.disable()
  })
})
