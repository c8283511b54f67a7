import type { Request } from './request'

/**
 * Watches the signal of a request, if it has one, until the request is settled.
 *
 * @param cancel called once, when it fires
 * @returns false if it has fired already; then nothing is watched
 */
export function watchSignal({ rarely }: Request, cancel: () => void): boolean {
  if (rarely === null || rarely.signal === null) return true
  if (rarely.signal.aborted) return false
  rarely.onAbort = cancel
  rarely.signal.addEventListener('abort', cancel, { once: true })
  return true
}
