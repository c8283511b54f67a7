import { AsyncLocalStorage } from 'node:async_hooks'
import { definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { instrument, type InstrumentOptions } from '@genpool/core/opentelemetry'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type ActorSystemRef, start, stop } from 'nact'

/* A shop whose calls are traced, in virtual time: of each test its own. */
export let system: ActorSystemRef
export let clock: ReturnType<typeof virtualClock>
export const exporter = new InMemorySpanExporter()
/** The spans that have begun and not ended, by their names. */
export const open = new Map<unknown, string>()
/** What comes next: what happens when a span begins, and how many handlers crash. */
export const next = { onStart: (_name: string): void => undefined, crashes: 0 }
const watcher: SpanProcessor = {
  onStart(span) {
    open.set(span.spanContext().spanId, (span as unknown as { name: string }).name)
    next.onStart((span as unknown as { name: string }).name)
  },
  onEnd: (span) => void open.delete(span.spanContext().spanId),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
export const tracer = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter), watcher],
}).getTracer('test')
const manager = new AsyncLocalStorageContextManager()
beforeAll(() => context.setGlobalContextManager(manager.enable()))
afterAll(() => context.disable())
beforeEach(() => {
  system = start()
  clock = virtualClock()
  exporter.reset()
  next.onStart = () => undefined
})
afterEach(() => {
  stop(system)
  // Whatever a test has done: every span ends.
  expect([...open.values()]).toEqual([])
})

export const user = new AsyncLocalStorage<string>()
export const seen: unknown[] = []
export const Shop = definePool({
  init: () => ({ sold: 0 }),
  calls: {
    sell: async (msg: { what: string }) => {
      await clock.wait(10)
      tracer.startSpan(`ship ${msg.what}`).end()
      seen.push(user.getStore())
      if (next.crashes-- > 0) throw new Error('out of stock')
      return reply('sold', (draft) => {
        draft.sold += 1
      })
    },
    look: (_msg: object, state) => reply(state.sold),
    count: async (msg: { ms: number }, state) => {
      await clock.wait(msg.ms)
      return reply(state.sold, { sold: state.sold + 1 })
    },
    later: (_msg: object, _state, ctx) => {
      const { from } = ctx
      clock.setTimer(clock.now() + 5 * NS_PER_MS, () => from.reply('at last'))
      return noReply()
    },
  },
  casts: {
    note: () =>
      noReply((draft) => {
        draft.sold = 7
      }),
  },
})
export const spawned = (options: PoolOptions = {}, instrumented: InstrumentOptions = { tracer, meter: false }) => {
  seen.length = 0
  next.crashes = 0
  const pool = spawnPool(system, Shop, 'shop', { size: 1, clock, ...options })
  return { pool, end: instrument(pool, instrumented) }
}

/** The spans that have ended, each as the path of names from its root, in the order of their ends. */
export const paths = (): string[] => {
  const spans = exporter.getFinishedSpans()
  const pathOf = (span: (typeof spans)[number]): string => {
    const parent = spans.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId)
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`
  }
  return spans.map(pathOf)
}
export const spanOf = (name: string) => exporter.getFinishedSpans().find((span) => span.name === name)!
