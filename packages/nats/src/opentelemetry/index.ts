import { context, propagation, type TextMapGetter } from '@opentelemetry/api'
import type { Propagation } from '../propagation'

export { instrumentJobs } from './instrument-jobs'

type Headers = Parameters<Propagation['within']>[0]

const getter: TextMapGetter<Headers> = {
  get: (headers, name) => headers.get(name),
  keys: (headers) => [...headers.names()],
}

/**
 * Carries the OpenTelemetry context of a call in the headers of its message, with the global propagator: one trace over both sides.
 *
 * A call without an active context has no headers, and costs nothing more.
 *
 * @example remotePool<typeof Orders>(system, nc, { name: 'orders', propagation: openTelemetry() })
 */
export function openTelemetry(): Propagation {
  return {
    inject() {
      const carrier: Record<string, string> = {}
      propagation.inject(context.active(), carrier)
      for (const _ in carrier) return carrier
      return undefined
    },
    within: (headers, work) => context.with(propagation.extract(context.active(), headers, getter), work),
  }
}
