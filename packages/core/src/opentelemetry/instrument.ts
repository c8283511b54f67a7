import { type Attributes, type Meter, metrics, trace, type Tracer } from '@opentelemetry/api'
import { OptionsError, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { poolOf } from '../api/pool-of'
import type { HereRef } from '../api/elsewhere'
import type { RequestFacts } from '../requests/request-facts'
import { LIBRARY } from './library'
import { Measures } from './measures'
import { RequestScope } from './request-scope'

/** What to measure, and where to send it. */
export interface InstrumentOptions {
  /** Makes the spans; false for none. Default: from the global tracer provider. */
  readonly tracer?: Tracer | false
  /** Makes the metrics; false for none. Default: from the global meter provider. */
  readonly meter?: Meter | false
  /** Attributes of every span and every measurement, in addition to `genpool.pool`. */
  readonly attributes?: Attributes
}

const has = (method: string) => (value: unknown) =>
  typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function'

function areAttributes(value: unknown): boolean {
  const isPlain = (each: unknown): boolean =>
    each === null || each === undefined || ['string', 'number', 'boolean'].includes(typeof each)
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => (Array.isArray(each) ? each.every(isPlain) : isPlain(each)))
  )
}

const instrumentOptions = z.strictObject({
  tracer: z.union([z.literal(false), z.custom<Tracer>(has('startSpan'), 'expected a tracer')]).optional(),
  meter: z.union([z.literal(false), z.custom<Meter>(has('createCounter'), 'expected a meter')]).optional(),
  // They are sent to threads, which take no function.
  attributes: z
    .custom<Attributes>(areAttributes, 'expected an object of strings, numbers, booleans and arrays of them')
    .optional(),
})

/**
 * Measures a pool with OpenTelemetry until the returned function is called.
 *
 * Spans: `call <pool>.<type>` (or cast, dispatch, query, direct) lasts from the arrival of the request to its outcome. Its
 * parent is the span that is active at arrival. Inside it, each run of a handler has a `handle` span, which is active while
 * the handler runs; inside that, a change of the state has a `commit` span. Handlers run in the asynchronous context of
 * their caller, also with `callerContext: false`.
 *
 * Metrics: `genpool.requests` by outcome, `genpool.drops` by reason, `genpool.wait.duration`, `genpool.run.duration` and
 * `genpool.held.duration` in seconds, `genpool.queue.length`, `genpool.queue.held` by limit, `genpool.members` by status, `genpool.utilisation`, `genpool.restarts`, `genpool.reruns`,
 * `genpool.state.version`.
 *
 * @returns a function that ends it; requests that are there already keep their spans. Calling it again does nothing
 * @throws {OptionsError} if the pool is instrumented already, or an option is wrong; nothing is changed
 * @example const end = instrument(pool)
 */
export function instrument(ref: HereRef, options: InstrumentOptions = {}): () => void {
  const pool = poolOf(ref, 'instrument')
  if (pool.kernel.pool.entrance.instrument !== null) {
    const message = 'it is already instrumented; first call the function that instrument returned'
    throw new OptionsError(`Pool "${pool.name}": ${message}.`, [{ path: [], message }])
  }
  const checked = parseOptions(instrumentOptions, options, 'options of instrument')
  const { tracer = trace.getTracer(LIBRARY), meter = metrics.getMeter(LIBRARY) } = checked
  const attributes = { ...checked.attributes, 'genpool.pool': pool.name }
  const measures = meter === false ? null : new Measures(ref, meter, attributes)
  const spans = tracer === false ? null : { tracer, attributes }
  const factory = (pool.kernel.pool.entrance.instrument = (request: RequestFacts) =>
    new RequestScope(request, spans, measures))
  return () => {
    measures?.end()
    if (pool.kernel.pool.entrance.instrument === factory) pool.kernel.pool.entrance.instrument = null
  }
}
