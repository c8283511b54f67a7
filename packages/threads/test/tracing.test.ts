import { call, cast, idle, type PoolOptions, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { threads } from '@genpool/threads'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { start, stop } from 'nact'
import { join } from 'node:path'
import type Spans from './fixtures/spans'
import type { EndedSpan } from './fixtures/spans'
import type Traced from './fixtures/traced'
import { traceparent } from './fixtures/traceparent'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('test')
const system = start()

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(traceparent as never)
})
afterAll(() => {
  stop(system)
  context.disable()
  propagation.disable()
})

describe('the trace of a caller', () => {
  const open = (name: string) =>
    spawnPool(system, threads<typeof Traced>(join(__dirname, 'fixtures', 'traced.ts')), name, { timeout: 50_000 })

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

describe.each(['isolated', 'shared'] as const)('the spans of runs in a thread, with a state that is %s', (state) => {
  const file = join(__dirname, 'fixtures', 'spans.ts')
  const behaviour = threads<typeof Spans>(file, { workerData: new SharedArrayBuffer(4) })
  const validate = state === 'shared' ? { validate: (value: { count: number }) => value.count >= 0 } : {}
  const options = { size: 2, state: { type: state, ...validate }, timeout: 50_000 } as PoolOptions
  const pool = spawnPool(system, behaviour, `${state}-spans`, options)
  instrument(pool, { tracer, meter: false, attributes: { place: 'here' } })
  const name = (of: string): string => `handle ${state}-spans.${of}`
  const commit = `commit ${state}-spans`

  /** What ended in the thread, `count` spans, because of `work`; and the span of its call here. */
  async function spansOf(count: number, work: () => unknown): Promise<{ id: string; ended: readonly EndedSpan[] }> {
    exporter.reset()
    await work()
    await idle(pool)
    const [span] = exporter.getFinishedSpans()
    const ended: EndedSpan[] = []
    // A thread hears of its commit when the caller may have the answer already.
    for (let look = 0; look < 500 && ended.length < count; look++) {
      const found = await Promise.all([1, 2].map(() => call(pool, { type: 'ended' })))
      ended.push(...found.flat().filter((each) => each.name !== name('ended')))
    }
    return { id: span?.spanContext().spanId ?? '', ended }
  }

  it('are inside of the span of the call, around what the handler makes and the commit', async () => {
    const { id, ended } = await spansOf(3, () => call(pool, { type: 'count' }))
    const handle = ended.find((span) => span.name === name('count'))
    expect(handle).toMatchObject({ parent: id, failure: undefined })
    expect(handle?.attributes).toMatchObject({
      place: 'here',
      'genpool.pool': `${state}-spans`,
      'genpool.type': 'count',
      'genpool.attempt': 1,
    })
    const rest = ended.filter((span) => span !== handle)
    expect(rest.map((span) => [span.name, span.parent])).toEqual([
      ['of the handler', handle?.id],
      [commit, handle?.id],
    ])
    expect(new Set(ended.map((span) => span.traceId)).size).toBe(1)
  })

  it('end with a run that takes time, that changes nothing, and of a cast', async () => {
    const slow = await spansOf(2, () => call(pool, { type: 'slowly' }))
    expect(slow.ended.map((span) => span.name).sort()).toEqual([commit, name('slowly')])
    const look = await spansOf(2, () => call(pool, { type: 'look' }))
    expect(look.ended.map((span) => span.name)).toEqual(['of the handler', name('look')])
    const one = await spansOf(2, () => cast(pool, { type: 'count' }))
    expect(one.ended.map((span) => span.name).sort()).toEqual([commit, name('count')])
    expect(one.ended.every((span) => span.failure === undefined)).toBe(true)
  })

  it('say how a run failed', async () => {
    const broken = await spansOf(1, () => call(pool, { type: 'fail' }).catch(() => undefined))
    expect(broken.ended).toMatchObject([{ name: name('fail'), failure: 'broken' }])
    const late = await spansOf(1, () => call(pool, { type: 'until' }, { timeout: 50 }).catch(() => undefined))
    expect(late.ended).toMatchObject([{ name: name('until'), failure: expect.stringContaining('timeout') as string }])
  })

  it('say why a commit was refused', async () => {
    const { ended } = await spansOf(2, () => call(pool, { type: 'invalid' }).catch(() => undefined))
    const failures = ended.map((span) => span.failure)
    const refused = expect.stringContaining('the validator refused the value') as string
    expect(failures).toEqual(state === 'shared' ? [refused, refused] : [undefined, undefined])
  })

  it('are two for each run, also for one that another commit came before', async () => {
    const runs = state === 'shared' ? 3 : 2
    const { ended } = await spansOf(2 * runs, () => Promise.all([1, 2].map(() => call(pool, { type: 'meet' }))))
    const of = (each: string) => ended.filter((span) => span.name === each)
    expect(of(name('meet')).map((span) => span.attributes['genpool.attempt'])).toEqual(
      state === 'shared' ? expect.arrayContaining([1, 1, 2]) : [1, 1],
    )
    const failures = of(commit).flatMap((span) => span.failure ?? [])
    expect(failures).toEqual(state === 'shared' ? ['another commit came first'] : [])
  })
})
