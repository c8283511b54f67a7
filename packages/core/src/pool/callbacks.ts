import { Notices, textOf, type Turn } from '@genpool/runtime'
import { eventually } from '../behaviours/eventually'

const nothing = (): void => undefined

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
    eventually(callback, nothing, (error) => this.report(error))
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
    const onError = this.onError()
    if (onError === undefined) return warn(this.pool, error)
    this.#notices.add(() =>
      eventually(
        () => onError(error),
        nothing,
        (another) => warn(this.pool, another),
      ),
    )
  }
}

/** Shows an error that a user callback threw as a warning of the process, with its stack. The process continues. */
export function warn(pool: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : textOf(error)
  process.emitWarning(`A callback of pool "${pool}" threw; the pool continues.`, {
    type: 'GenPoolWarning',
    code: 'GENPOOL_CALLBACK',
    detail,
  })
}
