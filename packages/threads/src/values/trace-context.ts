/** The trace and the baggage of a caller, as headers. */
export type TraceHeaders = Readonly<Record<string, string>>

/** What is registered with `@opentelemetry/api`, wherever that is installed. */
interface OpenTelemetry {
  readonly context?: { active(): unknown; with<T>(context: unknown, work: () => T): T }
  readonly propagation?: {
    inject(context: unknown, carrier: object, setter: object): void
    extract(context: unknown, carrier: object, getter: object): unknown
  }
}

const REGISTERED = Symbol.for('opentelemetry.js.api.1')

function registered(): OpenTelemetry | undefined {
  return (globalThis as { [REGISTERED]?: OpenTelemetry })[REGISTERED]
}

const setter = { set: (carrier: Record<string, string>, name: string, value: string) => void (carrier[name] = value) }
const getter = {
  keys: (carrier: TraceHeaders) => Object.keys(carrier),
  get: (carrier: TraceHeaders, name: string) => carrier[name],
}

/** Whether a trace could be sent along: OpenTelemetry is there, and knows how to write one. */
export function canTrace(): boolean {
  return registered()?.propagation !== undefined
}

/** The trace that is active now; undefined if there is none. */
export function activeTrace(): TraceHeaders | undefined {
  const { context, propagation } = registered() ?? {}
  if (context === undefined || propagation === undefined) return undefined
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier, setter)
  return Object.keys(carrier).length === 0 ? undefined : carrier
}

/** Has a trace that was sent be the active one of `work`, as far as this thread has OpenTelemetry. */
export function withTrace<T>(trace: TraceHeaders, work: () => T): T {
  const { context, propagation } = registered() ?? {}
  if (context === undefined || propagation === undefined) return work()
  return context.with(propagation.extract(context.active(), trace, getter), work)
}
