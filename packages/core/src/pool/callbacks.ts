import { textOf } from '@genpool/runtime'

/** Calls user callbacks that nothing waits for. What one throws is reported, and changes nothing for the pool. */
export class Callbacks {
  constructor(
    private readonly pool: string,
    /** The pool's `onCallbackError`, as it is now. */
    private readonly onError: () => ((error: unknown) => void) | undefined,
  ) {}

  callSafely(callback: () => unknown): void {
    try {
      callback()
    } catch (error) {
      this.report(error)
    }
  }

  /** Reports an error thrown by a user callback: to `onCallbackError`, by default as a warning of the process. */
  report(error: unknown): void {
    const onError = this.onError()
    if (onError === undefined) return warn(this.pool, error)
    try {
      onError(error)
    } catch (another) {
      warn(this.pool, another)
    }
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
