import type { Cell } from '@genpool/state-ane'
import { Step } from '../behaviours/step'
import { calling } from '../requests/calling'
import type { Request } from '../requests/request'
import { commits, type RowRunning } from './cast-rows'
import { HandlerFailure, isWanted, reportDone } from './handler-results'
import { MessageContext } from './message-context'
import { changesNothing } from './short-runs'

/**
 * Runs a call that is alone: as `runShortly`, but a plain answer is returned, and its host settles the call.
 *
 * @returns null if it gave no plain answer: the call is reported, or will be
 */
export function runAlone(worker: RowRunning, job: Request): Step | null {
  const { host, pool } = worker
  const cell = worker.shortCell as Cell<unknown>
  const { value: state, version } = cell
  const ctx = new MessageContext(job, 1)
  let result: unknown
  calling.hand = host.inHand
  try {
    result = job.handler.handle(job.message, state, ctx)
  } catch (error) {
    calling.hand = null
    worker.failed(job, new HandlerFailure(error))
    return null
  }
  calling.hand = null
  if (onlyAnswers(result, job) && !worker.ended && job.outcome === null) {
    if (job.isFarFrom(pool.turn.last) || isWanted(job, pool)) return result
  }
  if (commits(worker, job, { cell, result, state, version })) reportDone(worker, job)
  return null
}

/** Whether a handler gave a plain answer, and did nothing else. */
function onlyAnswers(result: unknown, { rarely, from }: Request): result is Step {
  return result instanceof Step && result.kind === 'reply' && rarely === null && from === null && changesNothing(result)
}
