import { isGenPoolError, type RunMeter, type Turn } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { isOf } from '../behaviours/answerable'
import { checkStep } from '../behaviours/check-step'
import { readable } from '../behaviours/ended-drafts'
import { isThenable } from '../behaviours/eventually'
import type { Handler } from '../behaviours/handler'
import { RunAgain } from '../behaviours/run-again'
import { type Following, Step } from '../behaviours/step'
import { hasPassed } from '../requests/deadline'
import type { Failures } from '../requests/failures'
import type { Request } from '../requests/request'
import type { WorkerHost } from './worker'

/** Wraps what a handler threw, to tell it from what the commit threw. */
export class HandlerFailure {
  constructor(readonly cause: unknown) {}
}

/** Makes the step of what an asynchronous handler returned. */
export interface LateSteps {
  readonly promisedRuns: { readonly toStep: (result: unknown) => Step }
}

/** Whether nothing in a step has to be looked at. */
function isPlain({ value, next, following }: Step): boolean {
  return following === undefined && typeof value !== 'object' && typeof next !== 'object'
}

/** The step that a handler asked for with its result. */
export function stepOf(result: unknown, handler: Handler, late: LateSteps): Step | PromiseLike<Step> {
  if (result instanceof Step) return isPlain(result) ? result : checkStep(handler, result)
  if (!isThenable(result)) return handler.toStep(result)
  if (isOf(result, RunAgain)) throw new HandlerFailure(result)
  // A thenable need not be a promise: only a promise settles once.
  return (result instanceof Promise ? result : Promise.resolve(result)).then(late.promisedRuns.toStep, rethrowFailure)
}

/**
 * What a run failed with, if its message is to run again: the handler threw that, its step has it in some place, or a recipe
 * threw or returned it. Then nothing was committed.
 */
function runAgainOf(error: unknown): RunAgain | undefined {
  if (isOf(error, RunAgain)) return error
  if (!isOf(error, HandlerFailure) && !isOf(error, InvalidError)) return undefined
  return isOf(error.cause, RunAgain) ? error.cause : undefined
}

function rethrowFailure(error: unknown): never {
  throw new HandlerFailure(error)
}

interface Reporting {
  readonly host: Pick<WorkerHost<Request>, 'done'>
  readonly pool: { readonly turnWork: { readonly runs: RunMeter } }
}

/** Reports a job that has run. Returns false: whoever gave it need not. */
export function reportDone({ host, pool }: Reporting, job: Request, then?: Following): false {
  const { runs } = pool.turnWork
  host.done(job, then, runs.tick(), runs.measured)
  return false
}

/** What a run failed with: whether its handler is at fault, or asked for another run. Otherwise its result was refused. */
export function failureOf(
  error: unknown,
  requests: readonly Request[],
): { readonly isCrash: boolean; readonly cause: unknown } {
  const again = runAgainOf(error)
  if (again !== undefined) return { isCrash: true, cause: again }
  if (!(error instanceof HandlerFailure)) return { isCrash: false, cause: error }
  return isAbort(error.cause, requests)
    ? { isCrash: false, cause: error.cause }
    : { isCrash: true, cause: readable(error.cause) }
}

/** Whether a handler stopped because its callers no longer wait. That is what `ctx.signal` is for, and no fault. */
function isAbort(cause: unknown, requests: readonly Request[]): boolean {
  if (!isOf(cause, Error) || requests.some(({ outcome }) => outcome === null)) return false
  if (!requests.some((request) => request.abandoned)) return false
  if (cause.name === 'AbortError' || isGenPoolError(cause, 'ERR_GENPOOL_CANCELLED')) return true
  return requests.some((request) => request.rarely?.controller?.signal.reason === cause)
}

/** Whether the result of a request is still wanted. One whose deadline has passed fails by this. */
export function isWanted(
  request: Request,
  { turn, failures }: { readonly turn: Turn; readonly failures: Failures },
): boolean {
  if (request.outcome !== null) return request.outcome === 'replied'
  if (!hasPassed(request.deadline, turn)) return true
  request.fail(failures.expired(request))
  return false
}
