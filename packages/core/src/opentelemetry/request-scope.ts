import { type Attributes, type Context, context, type Span, trace } from '@opentelemetry/api'
import type { GenPoolError } from '@genpool/runtime'
import { AsyncResource } from 'node:async_hooks'
import type { Outcome } from '../requests/outcome'
import type { RequestFacts } from '../requests/request-facts'
import type { Scope } from '../requests/scope'
import type { Measures } from './measures'
import { failSpan, RunSpans, type Spans } from './run-spans'

/** Runs the work on one request in the context of its caller, and measures it. */
export class RequestScope implements Scope {
  readonly #resource = new AsyncResource('GenPoolRequest')
  readonly #trace: RequestTrace | null
  readonly spanAttributes: Attributes | undefined

  constructor(
    private readonly request: RequestFacts,
    private readonly spans: Spans | null,
    private readonly measures: Measures | null,
  ) {
    this.#trace = spans === null ? null : new RequestTrace(request, spans)
    this.spanAttributes = spans?.attributes
  }

  run<T>(handler: () => T): T {
    return this.#resource.runInAsyncScope(() => (this.#trace === null ? handler() : this.#trace.run(handler)))
  }

  within<T>(work: () => T): T {
    return this.#resource.runInAsyncScope(() => (this.#trace === null ? work() : this.#trace.within(work)))
  }

  committed(): void {
    this.#trace?.endAttempt()
  }

  settled(outcome: Outcome, error: GenPoolError | undefined): void {
    this.measures?.settled(this.request, outcome)
    this.#trace?.end(this.request, outcome, error)
  }

  ofSharedRun(run: RequestFacts): Scope {
    return new SharedRunScope(this, run, this.spans)
  }

  joins(run: Scope | null): void {
    if (run instanceof SharedRunScope && this.#trace !== null) run.first.#trace?.linkFrom(this.#trace)
  }
}

/**
 * Runs the work that several calls wait for: in the context and in the trace of the first of them, also after that one has left.
 * Each call has a span and measurements of its own.
 */
class SharedRunScope implements Scope {
  readonly #runs: RunSpans | null
  readonly spanAttributes: Attributes | undefined

  constructor(
    readonly first: RequestScope,
    run: RequestFacts,
    spans: Spans | null,
  ) {
    this.#runs = spans === null ? null : new RunSpans(run, spans)
    this.spanAttributes = spans?.attributes
  }

  run<T>(handler: () => T): T {
    return this.within(() => (this.#runs === null ? handler() : this.#runs.run(handler, context.active())))
  }

  within<T>(work: () => T): T {
    return this.first.within(work)
  }

  committed(): void {
    this.#runs?.endAttempt()
  }

  settled(_outcome: Outcome, error: GenPoolError | undefined): void {
    this.#runs?.end(error)
  }
}

/** The span of one request, and those of its runs. */
class RequestTrace {
  readonly #span: Span
  readonly #context: Context
  readonly #runs: RunSpans

  constructor(request: RequestFacts, spans: Spans) {
    const { kind, pool, type } = request
    const attributes = { ...spans.attributes, 'genpool.kind': kind, 'genpool.type': type }
    const caller = context.active()
    this.#span = spans.tracer.startSpan(`${kind} ${pool}.${type}`, { attributes }, caller)
    this.#context = trace.setSpan(caller, this.#span)
    this.#runs = new RunSpans(request, spans)
  }

  run<T>(handler: () => T): T {
    return this.#runs.run(handler, this.#context)
  }

  within<T>(work: () => T): T {
    return context.with(this.#context, work)
  }

  endAttempt(): void {
    this.#runs.endAttempt()
  }

  /** A call that shares the run of this one leads to it. Spans of an old API take no link after they have begun. */
  linkFrom(joined: RequestTrace): void {
    const span: Partial<Span> = joined.#span
    span.addLink?.({ context: this.#span.spanContext() })
  }

  end(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    const { waitedMs, ranMs, heldMs } = request.times()
    const { heldBy } = request
    this.#span.setAttributes({
      'genpool.outcome': outcome,
      'genpool.attempts': request.attempt,
      'genpool.waited_ms': waitedMs,
      'genpool.ran_ms': ranMs,
    })
    if (heldBy !== undefined) this.#span.setAttributes({ 'genpool.held_by': heldBy, 'genpool.held_ms': heldMs })
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error.code)
      this.#span.recordException(error)
    }
    // A cancelled call is not an error.
    if (error !== undefined && outcome !== 'cancelled') failSpan(this.#span, error.message)
    this.#runs.end(error)
    this.#span.end()
  }
}
