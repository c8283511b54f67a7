import { trace } from '@opentelemetry/api'

/** The propagator of the W3C in its smallest form: the real one is in a package of its own. */
export const traceparent = {
  inject: (from: never, carrier: Record<string, string>) => {
    const span = trace.getSpanContext(from)
    if (span !== undefined) carrier['traceparent'] = `00-${span.traceId}-${span.spanId}-01`
  },
  extract: (from: never, carrier: never, getter: { get(carrier: never, key: string): unknown }) => {
    const [, traceId = '', spanId = ''] = String(getter.get(carrier, 'traceparent') ?? '').split('-')
    if (traceId === '') return from
    return trace.setSpanContext(from, { traceId, spanId, traceFlags: 1, isRemote: true })
  },
  fields: () => ['traceparent'],
}
