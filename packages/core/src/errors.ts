import { GenPoolError, textOf } from '@genpool/runtime'

/** The handler threw, or its member was lost, while the request was running. It may have had effects; its commit did not happen. */
export class CrashedError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CRASHED'
  constructor(
    readonly pool: string,
    /** The member that ran it, such as `member-3.1`; empty if none could be started. */
    readonly member: string,
    /** The type of the message. */
    readonly type: string,
    cause: unknown,
  ) {
    super(
      `Member "${member}" of pool "${pool}" failed on "${type}": ${textOf(cause)}. ` +
        'Nothing was committed. See "cause" for the original error.',
      { cause },
    )
  }
}
