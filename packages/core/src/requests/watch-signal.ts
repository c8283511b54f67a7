import { type GenPoolError, OptionsError, textOf } from '@genpool/runtime'
import type { Failures } from './failures'
import type { Request } from './request'

/** The requests that wait for one signal. They share one listener. */
class Waiters {
  readonly #waiting = new Set<() => void>()
  readonly #fired = (): void => {
    waiters.delete(this.signal)
    for (const cancel of this.#waiting) cancel()
  }

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.#fired, { once: true })
  }

  add(cancel: () => void): void {
    this.#waiting.add(cancel)
  }

  remove(cancel: () => void): void {
    this.#waiting.delete(cancel)
    if (this.#waiting.size > 0 || this.signal.aborted) return
    waiters.delete(this.signal)
    this.signal.removeEventListener('abort', this.#fired)
  }
}

const waiters = new WeakMap<AbortSignal, Waiters>()

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
    let own = waiters.get(signal)
    if (own === undefined) waiters.set(signal, (own = new Waiters(signal)))
    const waiter = own
    waiter.add(cancel)
    rarely.unwatch = () => waiter.remove(cancel)
    return undefined
  } catch (error) {
    const message = `listening to it threw: ${textOf(error)}`
    return new OptionsError(`The option "signal" of a message to pool "${request.pool}" is wrong: ${message}.`, [
      { path: ['signal'], message },
    ])
  }
}
