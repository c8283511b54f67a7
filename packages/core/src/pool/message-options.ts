import { type GenPoolError, NS_PER_MS, OptionsError, textOf } from '@genpool/runtime'
import type { Request } from '../requests/request'

/** What a caller may say about one call. */
export interface CallOptions {
  /** How long the caller waits, in milliseconds, queueing, running and committing included. Default: the pool's `timeout`. */
  readonly timeout?: number
  /** Cancels the call when it fires. */
  readonly signal?: AbortSignal
  /** Greater is more urgent. Under overload the lowest are shed first. Default 0. */
  readonly priority?: number
  /** Messages of one key are handled one at a time and in order. */
  readonly key?: unknown
}

/** What a sender may say about one cast. */
export type CastOptions = Pick<CallOptions, 'priority' | 'key'>

export const NO_OPTIONS: CallOptions = {}

/** Sets the deadline of a request. Returns what is wrong with it. */
export function applyTimeout(request: Request, timeout: number): GenPoolError | undefined {
  if (typeof timeout !== 'number' || !(timeout >= 0)) {
    return wrong(request, 'timeout', `expected milliseconds >= 0 or Infinity, got ${textOf(timeout)}`)
  }
  request.deadline = request.sentAt + timeout * NS_PER_MS
  return undefined
}

/** Takes over what the caller said about a request, other than its timeout. Returns what is wrong with it. */
export function applyOptions(request: Request, { priority, key, signal }: CallOptions): GenPoolError | undefined {
  if (priority !== undefined) {
    if (typeof priority !== 'number' || Number.isNaN(priority)) {
      return wrong(request, 'priority', `expected a number, got ${textOf(priority)}`)
    }
    request.priority = priority
  }
  if (key !== undefined) request.key = key
  if (signal === undefined || !request.expectsAnswer) return undefined
  if (!isSignal(signal)) return wrong(request, 'signal', `expected an AbortSignal, got ${typeof signal}`)
  request.extend().signal = signal
  return undefined
}

function wrong(request: Request, option: keyof CallOptions, message: string): OptionsError {
  const what = `The option "${option}" of a message to pool "${request.pool}" is wrong: ${message}.`
  return new OptionsError(what, [{ path: [option], message }])
}

function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}
