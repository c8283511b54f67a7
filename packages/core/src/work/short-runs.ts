import type { Cell } from '@genpool/state-ane'
import { Step } from '../behaviours/step'
import { settle } from '../hot-imports'
import { calling } from '../requests/calling'
import type { Request } from '../requests/request'
import { HandlerFailure, isWanted, type LateSteps, stepOf } from './handler-results'
import type { InProcessPool } from './in-process-pool'
import { attemptOf, MessageContext } from './message-context'
import type { Run } from './state-keeper'
import type { WorkerHost } from './worker'

/** A worker that runs a message. */
export interface Running extends Run, LateSteps {
  readonly pool: InProcessPool
  readonly host: WorkerHost<Request>
  /** Where the state is; null if a run may not go the short way. */
  readonly shortCell: Cell<unknown> | null
}

export const FIRST = { number: 1, exclusive: false }

/**
 * Fast path: runs a handler, and gives its answer without the commit engine if it changes nothing. Otherwise the engine goes on from
 * there. Saves 3 % of a call, one at a time, and 4 % of a cast if 10 000 are sent at once.
 *
 * @returns null, and nothing done, if it has to be run in the general way
 */
export function runShortly(worker: Running, job: Request): Step | PromiseLike<Step> | null {
  const isShort = job.rarely === null && job.handler.batch === 0 && !worker.pool.isExclusive
  const cell = isShort ? worker.shortCell : null
  return cell === null ? null : runOn(cell, worker, job)
}

function runOn(cell: Cell<unknown>, worker: Running, job: Request): Step | PromiseLike<Step> {
  const { pool, host } = worker
  const { value: state, version } = cell
  host.progress.attempted(job, FIRST)
  const ctx = new MessageContext(job, attemptOf(job))
  let result: unknown
  calling.hand = host.inHand
  try {
    result = job.handler.handle(job.message, state, ctx)
  } catch (error) {
    calling.hand = null
    throw new HandlerFailure(error)
  }
  calling.hand = null
  if (result instanceof Step && changesNothing(result) && job.rarely === null && !worker.ended && isWanted(job, pool)) {
    if (result.kind === 'reply') job.reply(result.value, true)
    return result
  }
  return settle(cell, worker, pool.commitOptions, stepOf(result, job.handler, worker), state, version)
}

/** Whether a step asks for nothing but a plain answer, if any. */
export function changesNothing({ value, next, following }: Step): boolean {
  return next === undefined && following === undefined && typeof value !== 'object' && typeof value !== 'function'
}
