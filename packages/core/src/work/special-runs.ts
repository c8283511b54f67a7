import type { Attempt } from '@genpool/state-ane'
import type { Request } from '../requests/request'

/** What a handler is called with, besides its message. */
interface Given {
  readonly state: unknown
  readonly attempt: Attempt
  readonly ctx: object
}

/** What a worker runs: of a batch, `first` is the first request. `batch` is null if the handler takes one message. */
interface InHand {
  readonly first: Request | null
  readonly batch: readonly Request[] | null
}

/**
 * Calls the handler of a batch, or of a request with a scope.
 *
 * Kept apart from the plain run: a closure there makes V8 put its locals on the heap for every message.
 *
 * @param batch the requests whose messages it gets; null if it gets that of `job` alone
 */
export function runSpecially(job: Request, batch: readonly Request[] | null, given: Given): unknown {
  const { handler, rarely } = job
  const { state, attempt, ctx } = given
  const message = batch === null ? job.message : batch.map((each) => each.message)
  const scope = rarely === null ? null : rarely.scope
  if (scope === null) return handler.handle(message, state, ctx)
  const run = (): unknown => scope.run(() => handler.handle(message, state, ctx))
  // The first attempt is inside already. What a later one waited for may have called back from anywhere.
  return attempt.number === 1 && !attempt.exclusive ? run() : scope.within(run)
}

/** Forgets what an earlier run of it wanted to give with its commit. */
export function forget({ rarely }: Request): void {
  if (rarely !== null) rarely.held = rarely.effects = rarely.promised = rarely.calls = null
}

/** The requests of a batch; null if the handler takes one message. */
export function batchOf(job: Request): readonly Request[] | null {
  const { companions } = job
  return companions === null ? null : [job, ...companions]
}

/** Whether one of the requests in hand has not failed. */
export function isAnyWanted({ first, batch }: InHand): boolean {
  return batch === null ? first?.abandoned === false : batch.some((request) => !request.abandoned)
}
