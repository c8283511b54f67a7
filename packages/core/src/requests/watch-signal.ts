import { type GenPoolError, OptionsError, textOf } from '@genpool/runtime'
import type { Failures } from './failures'
import { onAbort } from './on-abort'
import type { Request } from './request'

/**
 * Watches the signal of a request, if it has one, until the request is settled.
 *
 * @param cancel called once, when the signal aborts
 * @returns the error of a request that fails at once: its signal has already aborted, or cannot be listened to
 */
export function watchSignal(request: Request, failures: Failures, cancel: () => void): GenPoolError | undefined {
  const { rarely } = request
  if (rarely === null || rarely.signal === null) return undefined
  const { signal } = rarely
  try {
    if (signal.aborted) return failures.cancelled(request)
    rarely.unwatch = onAbort(signal, cancel)
    return undefined
  } catch (error) {
    const message = `listening to it threw: ${textOf(error)}`
    return new OptionsError(`The option "signal" of a message to pool "${request.pool}" is wrong: ${message}.`, [
      { path: ['signal'], message },
    ])
  }
}
