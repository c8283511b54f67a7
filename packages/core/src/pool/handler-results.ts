import { isGenPoolError } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { Step } from '../behaviours/step'
import type { Request } from './request'

/** Wraps what a handler threw, to tell it from what the commit threw. */
export class HandlerFailure {
  constructor(readonly cause: unknown) {}
}

export function rethrowFailure(error: unknown): never {
  throw new HandlerFailure(error)
}

/** Whether something is to be waited for. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Whether a handler only gave up because its callers had: that is what `ctx.signal` is for, and no fault. */
export function isAbort(cause: unknown, requests: readonly Request[]): boolean {
  if (!(cause instanceof Error) || !requests.every((request) => request.abandoned)) return false
  if (cause.name === 'AbortError' || isGenPoolError(cause, 'ERR_GENPOOL_CANCELLED')) return true
  return requests.some((request) => request.extras?.controller?.signal.reason === cause)
}

/** The answer of a step, given the state that its commit left. Throws what a function of the user's throws. */
export function valueOf(step: Step, state: unknown): unknown {
  return typeof step.value === 'function' ? (step.value as (state: unknown) => unknown)(state) : step.value
}

/** Gives each request of a batch its part of the answer. */
export function answerBatch(step: Step, state: unknown, requests: readonly Request[]): void {
  const values = valueOf(step, state)
  if (Array.isArray(values) && values.length === requests.length) {
    return requests.forEach((request, i) => void request.succeed(values[i], true))
  }
  const message = `a batch of ${requests.length} messages must be answered with a list of as many answers`
  const error = new InvalidError(`answer of the handler "${requests[0]?.route.type ?? ''}"`, [{ path: [], message }])
  for (const request of requests) request.fail(error)
}
