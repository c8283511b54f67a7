import { GenPoolError, round, textOf } from '@genpool/runtime'

/** The handler threw, or its member was lost, while the request was running. It may have had effects; its commit did not happen. */
export class CrashedError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CRASHED'
  constructor(
    readonly pool: string,
    /** The member that ran it, as in `member-3.1`; empty if none could be started. */
    readonly member: string,
    /** The type of the message. */
    readonly type: string,
    cause: unknown,
  ) {
    super(
      `Member "${member}" of pool "${pool}" failed on "${type}": ${textOf(cause)}. ` +
        'Nothing was committed. The error that it failed with is the "cause".',
      { cause },
    )
  }
}

/** An `init` (of a worker of one's own: its `start`) has not answered in time, so the start counts as failed. No request ran. */
export class StartTimeoutError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_START_TIMEOUT'
  constructor(
    readonly pool: string,
    /** The member, as in `member-3.1`; `member-0.1` for the state that all members share. */
    readonly member: string,
    /** How long it was waited for. */
    readonly afterMs: number,
    /** What did not answer. */
    waitsFor: 'init' | 'store',
  ) {
    super(
      `"${member}" of pool "${pool}" did not start: its ${waitsFor} has not answered for ${round(afterMs)} ms. ` +
        'Give what it waits for a time limit of its own, or raise "restart.startTimeout".',
    )
  }
}
