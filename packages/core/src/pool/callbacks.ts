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

  /** Calls something that is a part of the operation which runs now. */
  callSafely(callback: () => unknown): void {
    callSafely(callback, (error) => this.report(readable(error)))
  }

  /**
   * Calls something that only tells what has happened: after the operation which runs now, and after what happened before. It may
   * use the pool like everybody else.
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
