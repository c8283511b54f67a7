import { textOf } from '@genpool/runtime'

/** Shows the failure of a user's callback as a warning of the process, with its stack; the process goes on. */
export function warn(pool: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : textOf(error)
  process.emitWarning(`A callback that pool "${pool}" called has failed; the pool goes on.`, {
    type: 'GenPoolWarning',
    code: 'GENPOOL_CALLBACK',
    detail,
  })
}
