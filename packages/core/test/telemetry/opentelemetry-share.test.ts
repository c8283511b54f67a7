import { call, definePool, onEvent, reply, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { context, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { clock, exporter, paths, system, tracer } from './traced-shop'

const Pages = definePool({
  calls: {
    load: async ({ fails }: { fails?: boolean }) => {
      await clock.wait(100)
      if (fails) throw new Error('no page')
      return reply('page')
    },
  },
})
const pages = (options = {}) => spawnPool(system, Pages, 'pages', { size: 2, clock, ...options })

/** Calls with `share` in a trace of its own, whose root has the name of the caller. */
async function caller(pool: ReturnType<typeof pages>, name: string, options = {}): Promise<unknown> {
  const root = tracer.startSpan(name)
  const { fails = false, ...others } = options as { fails?: boolean }
  const answer = await context
    .with(trace.setSpan(context.active(), root), () => call(pool, { type: 'load', fails }, { share: 'k', ...others }))
    .catch((error: { code: string }) => error.code)
  root.end()
  return answer
}
const callOf = (name: string) => {
  const spans = exporter.getFinishedSpans()
  const root = spans.find((span) => span.name === name)!.spanContext()
  return spans.find((span) => span.name.startsWith('call') && span.parentSpanContext?.spanId === root.spanId)!
}

describe('spans of calls that share a run', () => {
  it('are one for each call, in its own trace, with its own outcome and end', async () => {
    const pool = pages()
    instrument(pool, { tracer, meter: false })
    const ended: string[] = []
    const note = (name: string) => () => void ended.push(`${name} ${callOf(name).attributes['genpool.outcome']}`)
    const all = [
      caller(pool, 'A', { timeout: 20 }).finally(note('A')),
      caller(pool, 'B').finally(note('B')),
      caller(pool, 'C', { timeout: 30 }).finally(note('C')),
    ]
    await clock.advance(25)
    expect(ended).toEqual(['A expired'])
    await clock.advance(10)
    expect(ended).toEqual(['A expired', 'C expired'])
    await clock.advance(100)
    expect(await Promise.all(all)).toEqual(['ERR_GENPOOL_EXPIRED', 'page', 'ERR_GENPOOL_EXPIRED'])
    expect(ended).toEqual(['A expired', 'C expired', 'B replied'])
    expect([...paths()].sort()).toEqual([
      'A',
      'A > call pages.load',
      'A > call pages.load > handle pages.load',
      'B',
      'B > call pages.load',
      'C',
      'C > call pages.load',
    ])
    expect(callOf('A').attributes).toMatchObject({ 'error.type': 'ERR_GENPOOL_EXPIRED' })
    expect(callOf('B').attributes).toMatchObject({
      'genpool.attempts': 1,
      'genpool.waited_ms': 0,
      'genpool.ran_ms': 100,
    })
    expect(callOf('B').attributes['error.type']).toBeUndefined()
  })

  it('link to the call that began the run, which has the span of the run in its trace', async () => {
    const pool = pages()
    instrument(pool, { tracer, meter: false })
    const all = [caller(pool, 'A'), caller(pool, 'B')]
    await clock.advance(110)
    await Promise.all(all)
    expect(callOf('A').links).toEqual([])
    expect(callOf('B').links.map(({ context }) => context.spanId)).toEqual([callOf('A').spanContext().spanId])
  })

  it('have the error of the run if it fails, and so has its own span', async () => {
    const pool = pages()
    instrument(pool, { tracer, meter: false })
    const all = [caller(pool, 'A', { fails: true }), caller(pool, 'B')]
    await clock.advance(110)
    expect(await Promise.all(all)).toEqual(['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_CRASHED'])
    for (const name of ['A', 'B']) {
      expect(callOf(name).attributes).toMatchObject({
        'genpool.outcome': 'crashed',
        'error.type': 'ERR_GENPOOL_CRASHED',
      })
    }
    expect(exporter.getFinishedSpans().find(({ name }) => name.startsWith('handle'))!.status.message).toBe('no page')
  })

  it('end if all leave, and if the pool is full, has stopped, or is told wrong options', async () => {
    const pool = pages({ size: 1, broker: { client: { max: 0 } } })
    instrument(pool, { tracer, meter: false })
    const all = [caller(pool, 'A', { timeout: 20 }), caller(pool, 'B', { timeout: 30 })]
    all.push(caller(pool, 'other', { share: 'other' }), caller(pool, 'wrong', { timeout: -1 }))
    all.push(caller(pool, 'gone', { signal: AbortSignal.abort() }))
    await clock.advance(40)
    await Promise.all(all)
    const outcomes = ['A', 'B', 'other', 'wrong', 'gone'].map((name) => callOf(name).attributes['genpool.outcome'])
    expect(outcomes).toEqual(['expired', 'expired', 'dropped', 'invalid', 'cancelled'])
    await clock.advance(100)
  })

  it('are there for a call that joins a run from before the pool was instrumented', async () => {
    const pool = pages()
    const first = caller(pool, 'A')
    const end = instrument(pool, { tracer, meter: false })
    const second = caller(pool, 'B')
    end()
    const third = caller(pool, 'C')
    await clock.advance(110)
    expect(await Promise.all([first, second, third])).toEqual(['page', 'page', 'page'])
    expect([callOf('A'), callOf('B').attributes['genpool.outcome'], callOf('C')]).toEqual([
      undefined,
      'replied',
      undefined,
    ])
  })
})

describe('figures of calls that share a run', () => {
  it('count each call, with its own wait', async () => {
    const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 1e9 })
    const provider = new MeterProvider({ readers: [reader] })
    const pool = pages({ rate: { limit: 1, interval: 50 } })
    instrument(pool, { tracer: false, meter: provider.getMeter('test') })
    const events: unknown[] = []
    const off = onEvent('genpool:request:settled', ({ outcome, heldMs }) => events.push([outcome, heldMs]), { pool })
    const all = [caller(pool, 'A', { share: 'first' }), caller(pool, 'B'), caller(pool, 'C', { timeout: 70 })]
    await clock.advance(200)
    await Promise.all(all)
    await reader.forceFlush()
    const points = (name: string) =>
      exported
        .getMetrics()
        .at(-1)!
        .scopeMetrics[0]!.metrics.find(({ descriptor }) => descriptor.name === name)!
        .dataPoints.map(({ attributes, value }) => [attributes['genpool.outcome'], (value as { count: number }).count])
        .sort()
    for (const name of ['genpool.wait.duration', 'genpool.run.duration'])
      expect(points(name)).toEqual([
        ['expired', 1],
        ['replied', 2],
      ])
    expect(points('genpool.held.duration')).toEqual([
      ['expired', 1],
      ['replied', 1],
    ])
    expect(events).toEqual([
      ['expired', 50],
      ['replied', 0],
      ['replied', 50],
    ])
    off()
    await provider.shutdown()
  })
})
