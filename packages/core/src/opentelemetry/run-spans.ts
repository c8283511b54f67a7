import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { readSafely, textOf } from '@genpool/runtime'
import { isThenable } from '../behaviours/eventually'
import { Step } from '../behaviours/step'
import type { RequestFacts } from '../requests/request-facts'

/** The source of spans, and their attributes. */
export interface Spans {
  readonly tracer: Tracer
  readonly attributes: Attributes
}

/** The spans of the runs of one request: each run of its handler, and inside that the commit. */
export class RunSpans {
  #handling: Span | null = null
  #committing: Span | null = null
  /** The request has its outcome: no span that begins now would be ended. */
  #hasEnded = false

  constructor(
    private readonly request: RequestFacts,
    private readonly spans: Spans,
  ) {}

  /** Runs a handler in a span, inside of `parent`. */
  run<T>(handler: () => T, parent: Context): T {
    // It runs for the others of its batch.
    if (this.#hasEnded) return context.with(parent, handler)
    if (this.#committing !== null) failSpan(this.#committing, 'another commit came first')
    this.endAttempt()
    const { pool, type, runner, attempt, before } = this.request
    const attributes = {
      ...this.spans.attributes,
      'genpool.type': type,
      'genpool.member': runner?.info.name ?? '',
      'genpool.attempt': before.attempts + attempt,
    }
    const span = (this.#handling = this.#open(`handle ${pool}.${type}`, attributes, parent))
    if (span === null) return context.with(parent, handler)
    const own = trace.setSpan(parent, span)
    try {
      const result = context.with(own, handler)
      if (!isThenable(result)) {
        this.#returned(span, own, result)
        return result
      }
      // This listener runs before the member continues. A thenable is turned into a promise only once.
      const promise = Promise.resolve(result)
      promise.then(
        (value) => this.#returned(span, own, value),
        (error: unknown) => this.#threw(span, error),
      )
      return promise as T
    } catch (error) {
      this.#threw(span, error)
      throw error
    }
  }

  /** Ends the spans of a run and of its commit. */
  endAttempt(): void {
    this.#committing?.end()
    this.#handling?.end()
    this.#committing = this.#handling = null
  }

  /** The request has its outcome. */
  end(error: Error | undefined): void {
    this.#hasEnded = true
    if (error !== undefined)
      for (const open of [this.#committing, this.#handling]) if (open !== null) failSpan(open, error.message)
    this.endAttempt()
  }

  /** Ends the span of a handler. If it changes the state, the commit span starts. */
  #returned(span: Span, own: Context, result: unknown): void {
    // The run was already given up.
    if (span !== this.#handling) return
    const { pool, runner } = this.request
    const commits =
      result instanceof Step ? result.next !== undefined : runner?.commits === true && result !== undefined
    if (commits) this.#committing = this.#open(`commit ${pool}`, this.spans.attributes, own)
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
    span.recordException(readSafely(() => error instanceof Error, false) ? (error as Error) : textOf(error))
    failSpan(span, textOf(error))
    this.endAttempt()
  }
}

export function failSpan(span: Span, message: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
