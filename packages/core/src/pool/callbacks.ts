import { readable } from '../behaviours/ended-drafts'
import { callSafely, Notices, type Turn, warnOfCallback } from '@genpool/runtime'

/** Calls user callbacks that nothing waits for. What one throws or rejects with is reported, and changes nothing for the pool. */
export class Callbacks {
  readonly #notices: Notices

  constructor(
    private readonly pool: string,
    turn: Turn,
    /** The pool's `onCallbackError`, as it is now. */
    private readonly onError: () => ((error: unknown) => unknown) | undefined,
  ) {
    this.#notices = new Notices(turn)
  }

  /** Calls a callback as a part of the current operation. */
  callSafely(callback: () => unknown): void {
    callSafely(callback, (error) => this.report(readable(error)))
  }

  /**
   * Calls a callback that only reports an event: after the current operation, and after earlier events. It may use the pool like
   * any other code.
   */
  tell(callback: () => unknown): void {
    this.#notices.add(() => this.callSafely(callback))
  }

  /** Reports an error of a user callback: to `onCallbackError`, by default as a warning of the process. */
  report(error: unknown): void {
    const warn = (warned: unknown): void => warnOfCallback('pool', this.pool, warned)
    const onError = this.onError()
    if (onError === undefined) warn(error)
    else this.#notices.add(() => callSafely(() => onError(error), warn))
  }
}
