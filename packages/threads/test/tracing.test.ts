import { call, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { threads } from '@genpool/threads'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { start, stop } from 'nact'
import { join } from 'node:path'
import type Traced from './fixtures/traced'
import { traceparent } from './fixtures/traceparent'

describe('the trace of a caller', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracer = provider.getTracer('test')
  const system = start()
  const open = (name: string) =>
    spawnPool(system, threads<typeof Traced>(join(__dirname, 'fixtures', 'traced.ts')), name, { timeout: 50_000 })

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(traceparent as never)
  })
  afterAll(() => {
    stop(system)
    context.disable()
    propagation.disable()
  })

  it('is active in its handler in a thread, after an await too', async () => {
    const pool = open('plain')
    await tracer.startActiveSpan('checkout', async (span) => {
      const { spanId, traceId } = span.spanContext()
      expect(await call(pool, { type: 'where' })).toEqual({ before: spanId, after: spanId, traceId })
      span.end()
    })
    expect(await call(pool, { type: 'where' })).toEqual({ before: undefined, after: undefined, traceId: undefined })
  })

  it('has the span of the call in between, if the pool is instrumented', async () => {
    const pool = open('measured')
    instrument(pool, { tracer, meter: false })
    const { before, traceId } = await tracer.startActiveSpan('checkout', async (span) => {
      const answer = await call(pool, { type: 'where' })
      span.end()
      expect(answer.traceId).toBe(span.spanContext().traceId)
      return answer
    })
    const spans = exporter.getFinishedSpans().map((span) => span.spanContext())
    expect(spans).toContainEqual(expect.objectContaining({ spanId: before, traceId }))
    expect(exporter.getFinishedSpans().find((span) => span.spanContext().spanId === before)?.name).toBe(
      'call measured.where',
    )
  })
})
