/** Those who wait for one signal. They share one listener, so that a signal may serve any number of calls. */
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

/** Whether this can be used as an AbortSignal, from whatever library it is. */
export function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

/**
 * Calls `cancel` once when the signal aborts. It must not have aborted yet, and `cancel` must be a function of its own.
 *
 * @returns ends the wait
 */
export function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  let own = waiters.get(signal)
  if (own === undefined) waiters.set(signal, (own = new Waiters(signal)))
  const waiter = own
  waiter.add(cancel)
  return () => waiter.remove(cancel)
}
