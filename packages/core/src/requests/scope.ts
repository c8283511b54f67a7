import type { GenPoolError } from '@genpool/runtime'
import { AsyncResource, executionAsyncId } from 'node:async_hooks'
import { hasContext } from '../hot-imports'
import type { Outcome } from './outcome'
import type { RequestFacts } from './request-facts'

/** What `@opentelemetry/api` takes as the attributes of a span. */
export type SpanAttributes = Readonly<Record<string, unknown>>

/** The spans of the runs of one request. */
export interface RunSpans {
  /** Runs its handler in a `handle` span, inside of the active span. If the handler changes the state, a `commit` span follows. */
  run<T>(handler: () => T): T
  /** Ends the spans of the last run. */
  endAttempt(): void
  /** Ends all spans: the request has its outcome. */
  end(error: Error | undefined): void
}

/** Makes the spans of the runs of a request. @param attributes what all of them have: `spanAttributes` of its scope */
export type MakeRunSpans = (request: RequestFacts, attributes: SpanAttributes) => RunSpans

/** Wraps the work on one request: the caller's async context, and tracing. */
export interface Scope {
  /** Runs the handler. Called for each attempt, inside of `within`. */
  run<T>(handler: () => T): T
  /** Runs something else that belongs to the request. */
  within<T>(work: () => T): T
  /** Reports that the last attempt has returned and committed. */
  committed(): void
  /** Reports that the request has its outcome. Its handler may still run. */
  settled(outcome: Outcome, error: GenPoolError | undefined): void
  /** What the spans of its runs have as attributes, wherever they are made; undefined if there are no spans. */
  readonly spanAttributes?: SpanAttributes | undefined
  /** Makes the scope of a run that this call begins, and that other calls may share. Without it, the run has a scope like any request. */
  ofSharedRun?(run: RequestFacts): Scope
  /** Reports that this call shares a run which is there already. @param run the scope of that run; null if it has none */
  joins?(run: Scope | null): void
}

/** Makes the scope of a request, in the turn and in the async context in which the request arrives. Null for none. */
export type ScopeFactory = (request: RequestFacts) => Scope | null

/** Lets the handler see the `AsyncLocalStorage` of its caller, however long the request waits. */
class CallerScope extends AsyncResource implements Scope {
  // A resource costs 30 to 80 ns; AsyncLocalStorage.snapshot() 4 to 20 µs. With an id, Node need not find out what caused it.
  constructor() {
    super('GenPoolRequest', executionAsyncId())
  }

  /** It is called inside of `within`. */
  run<T>(handler: () => T): T {
    return handler()
  }

  within<T>(work: () => T): T {
    return this.runInAsyncScope(work)
  }

  committed(): void {
    // Nothing is measured.
  }

  settled(): void {
    // Nothing is measured.
  }
}

/** The scope of the caller that runs now; null if it has no asynchronous context. */
export const callerScope = (): Scope | null => (hasContext() ? new CallerScope() : null)
