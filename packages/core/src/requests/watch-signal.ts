import type { Request } from './request'

/** Who waits for a signal. One listener for all of them, however many there are. */
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
 * @param cancel called once, when it fires
 * @returns false if it has fired already; then nothing is watched
 */
export function watchSignal({ rarely }: Request, cancel: () => void): boolean {
  if (rarely === null || rarely.signal === null) return true
  const { signal } = rarely
  if (signal.aborted) return false
  let own = waiters.get(signal)
  if (own === undefined) waiters.set(signal, (own = new Waiters(signal)))
  own.add(cancel)
  rarely.unwatch = () => own.remove(cancel)
  return true
}
