import { GenPoolError, textOf } from '@genpool/runtime'

/**
 * The handler threw, or its member was lost, while the request was running. It may have had effects; its commit did not happen.
 *
 * One exception: if only the answer failed, which is made after the commit, the commit stands, and the message says so.
 */
export class CrashedError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CRASHED'
  constructor(
    readonly pool: string,
    /** The member that ran it, as in `member-3.1`; empty if none could be started. */
    readonly member: string,
    /** The type of the message. */
    readonly type: string,
    cause: unknown,
    /** Whether the state was committed before: then only the answer failed. */
    committed = false,
  ) {
    super(
      `Member "${member}" of pool "${pool}" failed on "${type}": ${textOf(cause)}. ` +
        (committed ? 'The state was committed before; only the answer failed.' : 'Nothing was committed.') +
        ' The error that it failed with is the "cause".',
      { cause },
    )
  }
}
