import { type Attributes, type Meter, metrics, trace, type Tracer } from '@opentelemetry/api'
import { OptionsError } from '@genpool/runtime'
import { poolOf } from '../api/pool-of'
import type { PoolRef } from '../behaviours/protocol'
import type { RequestFacts } from '../requests/request-facts'
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

const LIBRARY = '@genpool/core'

/**
 * Measures a pool with OpenTelemetry until the returned function is called.
 *
 * Spans: `call <pool>.<type>` (or cast, dispatch, query, direct) lasts from the arrival of the request to its outcome. Its
 * parent is the span that is active at arrival. Inside it, each run of a handler has a `handle` span, which is active while
 * the handler runs; inside that, a change of the state has a `commit` span. Handlers run in the asynchronous context of
 * their caller, as with `callerContext`.
 *
 * Metrics: `genpool.requests` by outcome, `genpool.drops` by reason, `genpool.wait.duration` and `genpool.run.duration` in
 * seconds, `genpool.queue.length`, `genpool.members` by status, `genpool.utilisation`, `genpool.restarts`, `genpool.reruns`,
 * `genpool.state.version`.
 *
 * @returns a function that ends it; requests that have already arrived keep their spans. A second call does nothing
 * @throws {OptionsError} if the pool is already instrumented; nothing changes then
 * @example const end = instrument(pool)
 */
export function instrument(ref: PoolRef, options: InstrumentOptions = {}): () => void {
  const pool = poolOf(ref)
  if (pool.kernel.pool.instrument !== null) {
    const message = 'it is already instrumented; first call the function that instrument returned'
    throw new OptionsError(`Pool "${pool.name}": ${message}.`, [{ path: [], message }])
  }
  const { tracer = trace.getTracer(LIBRARY), meter = metrics.getMeter(LIBRARY) } = options
  const attributes = { ...options.attributes, 'genpool.pool': pool.name }
  const measures = meter === false ? null : new Measures(ref, meter, attributes)
  const spans = tracer === false ? null : { tracer, attributes }
  const factory = (pool.kernel.pool.instrument = (request: RequestFacts) => new RequestScope(request, spans, measures))
  return () => {
    measures?.end()
    if (pool.kernel.pool.instrument === factory) pool.kernel.pool.instrument = null
  }
}
