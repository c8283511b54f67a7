import type { GenPoolError } from '@genpool/runtime'
import type { Outcome } from './outcome'
import type { Rarely } from './rarely'

/** A request (`R`) whose answer may be a promise. */
interface Answerable<R> {
  readonly outcome: Outcome | null
  readonly owner: { readonly failures: { unanswerable(request: R, cause: unknown): GenPoolError } }
  extend(): Rarely
  give(value: unknown): boolean
  fail(error: GenPoolError): boolean
}

/** Answers a request with what a promise resolves to, unless it has its outcome or another promise by then. A rejection fails it. */
export function answerLater<R extends Answerable<R>>(request: R, promise: PromiseLike<unknown>): true {
  const rarely = request.extend()
  rarely.promised = promise
  const isLatest = (): boolean => rarely.promised === promise && request.outcome === null
  void Promise.resolve(promise).then(
    (value) => isLatest() && request.give(value),
    (error: unknown) => isLatest() && request.fail(request.owner.failures.unanswerable(request, error)),
  )
  return true
}
