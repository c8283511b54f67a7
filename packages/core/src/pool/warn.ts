/** Shows the failure of a user's callback as a warning of the process, with its stack; the process goes on. */
export function warn(pool: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`A callback that pool "${pool}" called has failed; the pool goes on.`, {
    type: 'GenPoolWarning',
    code: 'GENPOOL_CALLBACK',
    detail,
  })
}
