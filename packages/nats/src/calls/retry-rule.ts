import { isGenPoolError } from '@genpool/core'

/** What is known of an attempt that failed. */
export type Attempt =
  /** It certainly did not run: nobody listened, or the node dropped it or had stopped. */
  | 'not-run'
  /** It may have run: its node is gone, or its answer is lost. */
  | 'may-have-run'
  /** It has this outcome. */
  | 'final'

/** What an error that a node answered with says about the attempt. */
export function attemptOf(error: unknown): Attempt {
  if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) return 'not-run'
  if (isGenPoolError(error, 'ERR_GENPOOL_STOPPED')) return error.started ? 'final' : 'not-run'
  if (isGenPoolError(error, 'ERR_GENPOOL_UNREACHABLE')) return error.mayHaveRun ? 'may-have-run' : 'not-run'
  return 'final'
}

/** The facts that decide about another attempt. */
export interface RetryFacts {
  readonly attempt: Attempt
  /** The caller says that running it twice does no harm. */
  readonly idempotent: boolean
  /** The milliseconds until its deadline. */
  readonly leftMs: number
  /** Whether there is a node that has not refused it, or will soon be one. */
  readonly hasOther: boolean
}

/**
 * Whether a request may be sent to another node: never if it may have run, unless the caller says that this does no harm; never after
 * its deadline; never to a node that has refused it. The budget for retries is asked last, and by the caller.
 */
export function mayTryAgain({ attempt, idempotent, leftMs, hasOther }: RetryFacts): boolean {
  if (leftMs <= 0 || !hasOther) return false
  return attempt === 'not-run' || (attempt === 'may-have-run' && idempotent)
}
