import { Step } from '../behaviours/step'
import { calling } from '../requests/calling'
import type { Request } from '../requests/request'
import { commits, isExclusive, type RowRunning } from './cast-rows'
import { HandlerFailure, isWanted, reportDone } from './handler-results'
import { MessageContext } from './message-context'
import { changesNothing, FIRST } from './short-runs'

/**
 * Fast path: runs the handler of a call that is alone.
 *
 * @returns what it answered, if that is all that it did: then nothing is settled or reported. Null: the run goes on in the general
 *   way, and is reported, or will be
 */
export function runLone(worker: RowRunning, request: Request): Step | null {
  const { host, pool, shortCell: cell } = worker
  if (cell === null || isExclusive(pool)) return runPlainly(worker, request)
  worker.began(request)
  host.progress.attempted(request, FIRST)
  const { value: state, version } = cell
  const ctx = new MessageContext(request, 1)
  let result: unknown
  calling.hand = host.inHand
  try {
    result = request.handler.handle(request.message, state, ctx)
  } catch (error) {
    calling.hand = null
    worker.failed(request, new HandlerFailure(error))
    return null
  }
  calling.hand = null
  const isPlain = result instanceof Step && result.kind === 'reply' && changesNothing(result)
  if (isPlain && request.rarely === null && request.from === null && !worker.ended && isWanted(request, pool)) {
    return result as Step
  }
  if (commits(worker, request, { cell, result, state, version })) reportDone(worker, request)
  return null
}

function runPlainly(worker: RowRunning, request: Request): null {
  if (worker.runAtOnce(request)) reportDone(worker, request)
  return null
}
