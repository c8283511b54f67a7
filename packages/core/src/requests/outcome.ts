import { type ErrorCode, isGenPoolError } from '@genpool/runtime'

/** How a request came in. It decides who is told of the outcome, and how. */
export type RequestKind = 'call' | 'cast' | 'query' | 'dispatch' | 'direct'

/** What can become of a request. Each gets exactly one. */
export type Outcome = 'replied' | 'dropped' | 'expired' | 'cancelled' | 'crashed' | 'conflict' | 'invalid' | 'stopped'

const OUTCOMES: Readonly<Record<ErrorCode, Outcome>> = {
  ERR_GENPOOL_DROPPED: 'dropped',
  ERR_GENPOOL_EXPIRED: 'expired',
  ERR_GENPOOL_CANCELLED: 'cancelled',
  ERR_GENPOOL_CRASHED: 'crashed',
  ERR_GENPOOL_CONFLICT: 'conflict',
  ERR_GENPOOL_INVALID: 'invalid',
  ERR_GENPOOL_STOPPED: 'stopped',
  ERR_GENPOOL_OPTIONS: 'invalid',
  ERR_GENPOOL_START_TIMEOUT: 'crashed',
}

/** The outcome that an error stands for. */
export function outcomeOf(error: unknown): Outcome {
  return isGenPoolError(error) ? OUTCOMES[error.code] : 'crashed'
}
