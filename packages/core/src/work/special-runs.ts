import type { Attempt } from '@genpool/state-ane'
import type { Request } from '../requests/request'

/** What a handler is called with, besides its message. */
interface Given {
  readonly state: unknown
  readonly attempt: Attempt
  readonly ctx: object
}

/**
 * Calls the handler of a batch, or of a request with a scope.
 *
 * Kept apart from the plain run: a closure there makes V8 put its locals on the heap for every message.
 *
 * @param companions the other requests of the batch; null if there is none
 */
export function runSpecially(job: Request, companions: readonly Request[] | null, given: Given): unknown {
  const { handler, rarely } = job
  const { state, attempt, ctx } = given
  const message = handler.batch === 0 ? job.message : messagesOf(job, companions)
  const scope = rarely === null ? null : rarely.scope
  if (scope === null) return handler.handle(message, state, ctx)
  const run = (): unknown => scope.run(() => handler.handle(message, state, ctx))
  // The first attempt is inside already. What a later one waited for may have called back from anywhere.
  return attempt.number === 1 && !attempt.exclusive ? run() : scope.within(run)
}

function messagesOf(job: Request, companions: readonly Request[] | null): unknown[] {
  return [job.message, ...(companions ?? []).map((companion) => companion.message)]
}
