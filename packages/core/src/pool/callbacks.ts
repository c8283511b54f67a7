import { textOf } from '@genpool/runtime'
import { readable } from '../behaviours/ended-drafts'
import { eventually } from '../behaviours/eventually'

const nothing = (): void => undefined

/** Calls user callbacks that nothing waits for. What one throws or rejects with is reported, and changes nothing for the pool. */
export class Callbacks {
  constructor(
    private readonly pool: string,
    /** The pool's `onCallbackError`, as it is now. */
    private readonly onError: () => ((error: unknown) => unknown) | undefined,
  ) {}

  callSafely(callback: () => unknown): void {
    eventually(callback, nothing, (error) => this.report(readable(error)))
  }

  /** Reports an error of a user callback: to `onCallbackError`, by default as a warning of the process. */
  report(error: unknown): void {
    const onError = this.onError()
    if (onError === undefined) return warn(this.pool, error)
    eventually(
      () => onError(error),
      nothing,
      (another) => warn(this.pool, another),
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
