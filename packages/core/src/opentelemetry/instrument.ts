import { type Attributes, type Meter, metrics, trace, type Tracer } from '@opentelemetry/api'
import { OptionsError, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { type AnyRef, elsewhereOf, type PoolElsewhere } from '../api/elsewhere'
import { poolOf } from '../api/pool-of'
import type { RequestFacts } from '../requests/request-facts'
import { LIBRARY } from './library'
import { Measures } from './measures'
import { MeasuresElsewhere } from './measures-elsewhere'
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

/** The pools elsewhere that are measured. */
const measured = new WeakSet<PoolElsewhere>()

/**
 * Measures a pool with OpenTelemetry until the returned function is called.
 *
 * Spans: `call <pool>.<type>` (or cast, dispatch, query, direct) lasts from the arrival of the request to its outcome. Its
 * parent is the span that is active at arrival. Inside it, each run of a handler has a `handle` span, which is active while
 * the handler runs; inside that, a change of the state has a `commit` span. Handlers run in the asynchronous context of
 * their caller, also with `callerContext: false`.
 *
 * Metrics: the guide "Observability" lists them. Of a pool that runs elsewhere, `genpool.remote.…`: what its client here knows. Its
 * spans are made where it runs.
 *
 * @returns a function that ends it; requests that are there already keep their spans. Calling it again does nothing
 * @throws {OptionsError} if the pool is instrumented already, or an option is wrong; nothing is changed
 * @example const end = instrument(pool)
 */
export function instrument<I = undefined>(ref: AnyRef<I>, options: InstrumentOptions = {}): () => void {
  const elsewhere = elsewhereOf(ref)
  if (elsewhere !== undefined) return instrumentElsewhere(elsewhere, options)
  const pool = poolOf(ref, 'instrument')
  if (pool.kernel.pool.entrance.instrument !== null) throw isInstrumented(pool.name)
  const { tracer, meter, attributes } = checked(options, pool.name)
  const measures = meter === false ? null : new Measures(ref, meter, attributes)
  const spans = tracer === false ? null : { tracer, attributes }
  const factory = (pool.kernel.pool.entrance.instrument = (request: RequestFacts) =>
    new RequestScope(request, spans, measures))
  return () => {
    measures?.end()
    if (pool.kernel.pool.entrance.instrument === factory) pool.kernel.pool.entrance.instrument = null
  }
}

function instrumentElsewhere(pool: PoolElsewhere, options: InstrumentOptions): () => void {
  if (measured.has(pool)) throw isInstrumented(pool.name)
  const { meter, attributes } = checked(options, pool.name)
  const measures = meter === false ? null : new MeasuresElsewhere(pool, meter, attributes)
  measured.add(pool)
  let hasEnded = false
  return () => {
    if (hasEnded) return
    hasEnded = true
    measures?.end()
    measured.delete(pool)
  }
}

function checked(given: InstrumentOptions, pool: string) {
  const options = parseOptions(instrumentOptions, given, 'options of instrument')
  const { tracer = trace.getTracer(LIBRARY), meter = metrics.getMeter(LIBRARY) } = options
  return { tracer, meter, attributes: { ...options.attributes, 'genpool.pool': pool } }
}

function isInstrumented(pool: string): OptionsError {
  const message = 'it is already instrumented; first call the function that instrument returned'
  return new OptionsError(`Pool "${pool}": ${message}.`, [{ path: [], message }])
}
