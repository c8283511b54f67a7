import type { Scope } from '@genpool/core/elsewhere'
import { type TraceContext, withTrace } from '../values/trace-context'

/** Runs what belongs to a message in the trace of its caller. */
export class TraceScope implements Scope {
  constructor(private readonly trace: TraceContext) {}

  /** It is called inside of `within`. */
  run<T>(handler: () => T): T {
    return handler()
  }

  within<T>(work: () => T): T {
    return withTrace(this.trace, work)
  }

  committed(): void {
    // The pool measures.
  }

  settled(): void {
    // The pool measures.
  }
}
