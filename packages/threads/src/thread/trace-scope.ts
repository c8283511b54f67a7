import type { Errand, MakeRunSpans, RunSpans, Scope } from '@genpool/core/elsewhere'
import type { CallerTrace } from '../protocol/messages'
import { type TraceHeaders, withTrace } from '../values/trace-context'

/** Runs what belongs to a message in the trace of its caller. */
class TraceScope implements Scope {
  constructor(
    private readonly headers: TraceHeaders,
    /** The spans of its runs; undefined if its pool makes none. */
    private readonly spans: RunSpans | undefined,
  ) {}

  /** It is called inside of `within`. */
  run<T>(handler: () => T): T {
    return this.spans === undefined ? handler() : this.spans.run(handler)
  }

  within<T>(work: () => T): T {
    return withTrace(this.headers, work)
  }

  committed(): void {
    this.spans?.endAttempt()
  }

  settled(_outcome: unknown, error: Error | undefined): void {
    this.spans?.end(error)
  }
}

/** The scope of a message whose caller has a trace. */
export function traceScope(errand: Errand, { headers, spanAttributes }: CallerTrace): Scope {
  return new TraceScope(headers, spanAttributes === undefined ? undefined : library()?.runSpans(errand, spanAttributes))
}

/** Undefined: not loaded yet; null: cannot be loaded, since OpenTelemetry is not installed for it. */
let loaded: { readonly runSpans: MakeRunSpans } | null | undefined

/** Only a thread of a pool that makes spans needs it. */
function library(): { readonly runSpans: MakeRunSpans } | null {
  if (loaded !== undefined) return loaded
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- now or never: the first message waits for it
    return (loaded = require('@genpool/core/opentelemetry') as { readonly runSpans: MakeRunSpans })
  } catch {
    return (loaded = null)
  }
}
