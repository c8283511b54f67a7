import { Step } from '../behaviours/step'
import type { Request } from '../requests/request'
import { commits, type RowRunning } from './cast-rows'
import { HandlerFailure, reportDone } from './handler-results'
import type { Ran } from './worker'

/** Whether a handler gave a plain answer, and did nothing else. */
export function onlyAnswers(result: unknown, { rarely, from }: Request): result is Step {
  if (!(result instanceof Step) || result.kind !== 'reply' || rarely !== null || from !== null) return false
  const { value, next, then } = result
  return next === undefined && then === undefined && typeof value !== 'object' && typeof value !== 'function'
}

export function threw(worker: RowRunning, request: Request, error: unknown): void {
  worker.failed(request, new HandlerFailure(error))
}

export function goOn(worker: RowRunning, request: Request, ran: Ran): void {
  if (commits(worker, request, ran)) reportDone(worker, request)
}
