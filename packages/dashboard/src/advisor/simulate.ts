import { wrongArgument } from '@genpool/runtime'
import { checkPlain } from './arguments'
import { type Load, traceOf } from './load'
import type { Prediction } from './prediction'
import { runSimulation, type SimulatedOptions } from './simulation'
import { isRequest, type Trace } from './trace'

/**
 * Predicts what would become of requests with other settings: a real pool, with its broker, sizing and protection, gets them in
 * virtual time. What never ran in the trace takes as long as another request of its type.
 *
 * The same trace and options give the same prediction. It knows nothing of the backend: if handlers get slower when more of
 * them run at once, a larger pool is better here than in truth.
 *
 * @param traffic what `readTrace` returned, or a description of a load
 * @throws {OptionsError} if an option of the pool or of the load is wrong
 * @example await simulate(readTrace('trace.jsonl'), { size: 8, broker: { client: { type: 'codel', target: 50 } } })
 */
export async function simulate(traffic: Trace | Load, options: SimulatedOptions = {}): Promise<Prediction> {
  const trace = checkedTraffic('simulate', traffic)
  checkPlain('simulate', 'options', options)
  return runSimulation(trace, options)
}

/**
 * The trace that was given, or that of the load that was described.
 *
 * @throws {OptionsError} if it is neither
 */
export function checkedTraffic(of: string, traffic: Trace | Load): Trace {
  checkPlain(of, 'traffic', traffic)
  if (!('requests' in traffic) || !Array.isArray(traffic.requests)) return traceOf(traffic as Load)
  // A program may have made it.
  const wrong = traffic.requests.findIndex((request) => !isRequest(request))
  if (wrong < 0) return traffic
  const expected = 'requests with at, type, priority, key, ranMs and outcome, as readTrace returns them'
  throw wrongArgument({ of, argument: `request ${wrong} of the trace`, expected }, traffic.requests[wrong])
}
