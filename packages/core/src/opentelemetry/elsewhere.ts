import { type Attributes, context, trace } from '@opentelemetry/api'
import type { MakeRunSpans } from '../requests/scope'
import { LIBRARY } from './library'
import { RunSpans } from './run-spans'

/** Makes the spans of runs with the global tracer provider of this thread, for packages that run handlers where the pool is not. */
export const runSpans: MakeRunSpans = (request, attributes) => {
  const spans = new RunSpans(request, { tracer: trace.getTracer(LIBRARY), attributes: attributes as Attributes })
  return {
    run: (handler) => spans.run(handler, context.active()),
    endAttempt: () => spans.endAttempt(),
    end: (error) => spans.end(error),
  }
}
