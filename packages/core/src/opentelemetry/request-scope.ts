import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { type GenPoolError, textOf } from '@genpool/runtime'
import { AsyncResource } from 'node:async_hooks'
import { isThenable } from '../behaviours/eventually'
import { Step } from '../behaviours/step'
import type { Outcome } from '../requests/outcome'
import type { RequestFacts } from '../requests/request-facts'
import type { Scope } from '../requests/scope'
import type { Measures } from './measures'

/** The source of spans, and their attributes. */
export interface Spans {
  readonly tracer: Tracer
  readonly attributes: Attributes
}

/** Runs the work on one request in the context of its caller, and measures it. */
export class RequestScope implements Scope {
  readonly #resource = new AsyncResource('GenPoolRequest')
  readonly #trace: RequestTrace | null

  constructor(
    private readonly request: RequestFacts,
    spans: Spans | null,
    private readonly measures: Measures | null,
  ) {
    this.#trace = spans === null ? null : new RequestTrace(request, spans)
  }

  run<T>(handler: () => T): T {
    const { request } = this
    return this.#resource.runInAsyncScope(() => (this.#trace === null ? handler() : this.#trace.run(handler, request)))
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
}

/** The spans of one request: the request, inside it each run of a handler, inside that the commit. */
class RequestTrace {
  readonly #span: Span
  readonly #context: Context
  #handling: Span | null = null
  #committing: Span | null = null
  /** The request has its outcome: no span that begins now would be ended. */
  #hasEnded = false

  constructor(
    request: RequestFacts,
    private readonly spans: Spans,
  ) {
    const { kind, pool, type } = request
    const attributes = { ...spans.attributes, 'genpool.kind': kind, 'genpool.type': type }
    const caller = context.active()
    this.#span = spans.tracer.startSpan(`${kind} ${pool}.${type}`, { attributes }, caller)
    this.#context = trace.setSpan(caller, this.#span)
  }

  run<T>(handler: () => T, request: RequestFacts): T {
    // It runs for the others of its batch.
    if (this.#hasEnded) return this.within(handler)
    if (this.#committing !== null) fail(this.#committing, 'another commit came first')
    this.endAttempt()
    const attributes = {
      ...this.spans.attributes,
      'genpool.type': request.type,
      'genpool.member': request.runner?.info.name ?? '',
      'genpool.attempt': request.attemptsBefore + request.attempt,
    }
    const name = `handle ${request.pool}.${request.type}`
    const span = (this.#handling = this.#open(name, attributes, this.#context))
    if (span === null) return this.within(handler)
    const own = trace.setSpan(this.#context, span)
    try {
      const result = context.with(own, handler)
      if (!isThenable(result)) {
        this.#returned(span, own, result, request)
        return result
      }
      // This listener runs before the member continues. A thenable is turned into a promise only once.
      const promise = Promise.resolve(result)
      promise.then(
        (value) => this.#returned(span, own, value, request),
        (error: unknown) => this.#threw(span, error),
      )
      return promise as T
    } catch (error) {
      this.#threw(span, error)
      throw error
    }
  }

  within<T>(work: () => T): T {
    return context.with(this.#context, work)
  }

  /** Ends the spans of a run and of its commit. */
  endAttempt(): void {
    this.#committing?.end()
    this.#handling?.end()
    this.#committing = this.#handling = null
  }

  end(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    this.#hasEnded = true
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
      // A cancelled call is not an error.
      if (outcome !== 'cancelled') fail(this.#span, error.message)
      for (const open of [this.#committing, this.#handling]) if (open !== null) fail(open, error.message)
    }
    this.endAttempt()
    this.#span.end()
  }

  /** Ends the span of a handler. If it changes the state, the commit span starts. */
  #returned(span: Span, own: Context, result: unknown, request: RequestFacts): void {
    // The run was already given up.
    if (span !== this.#handling) return
    const commits =
      result instanceof Step ? result.next !== undefined : request.runner?.commits === true && result !== undefined
    if (!commits) return
    this.#committing = this.#open(`commit ${request.pool}`, this.spans.attributes, own)
  }

  /** Begins a span: null, and it has ended, if that made the caller give the request up. */
  #open(name: string, attributes: Attributes, parent: Context): Span | null {
    const span = this.spans.tracer.startSpan(name, { attributes }, parent)
    if (!this.#hasEnded) return span
    span.end()
    return null
  }

  #threw(span: Span, error: unknown): void {
    if (span !== this.#handling) return
    span.recordException(error instanceof Error ? error : textOf(error))
    fail(span, textOf(error))
    this.endAttempt()
  }
}

function fail(span: Span, message: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
