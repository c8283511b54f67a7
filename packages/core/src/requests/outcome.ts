import { type ErrorCode, type GenPoolError, isGenPoolError } from '@genpool/runtime'

/** How a request arrived. It decides who gets the outcome, and how. */
export type RequestKind = 'call' | 'cast' | 'query' | 'dispatch' | 'direct'

/** The outcome of a request. Each request gets exactly one. `replaced`: a newer cast of its `latest` took its place. */
export type Outcome =
  'replied' | 'replaced' | 'dropped' | 'expired' | 'cancelled' | 'crashed' | 'conflict' | 'invalid' | 'stopped'

const OUTCOMES: Readonly<Record<ErrorCode, Outcome>> = {
  ERR_GENPOOL_DROPPED: 'dropped',
  ERR_GENPOOL_EXPIRED: 'expired',
  ERR_GENPOOL_CANCELLED: 'cancelled',
  ERR_GENPOOL_CRASHED: 'crashed',
  ERR_GENPOOL_CONFLICT: 'conflict',
  ERR_GENPOOL_NOT_COMMITTED: 'crashed',
  ERR_GENPOOL_INVALID: 'invalid',
  ERR_GENPOOL_STOPPED: 'stopped',
  ERR_GENPOOL_OPTIONS: 'invalid',
  ERR_GENPOOL_START_TIMEOUT: 'crashed',
  ERR_GENPOOL_UNREACHABLE: 'crashed',
}

/** Returns the outcome for an error. */
export function outcomeOf(error: unknown): Outcome {
  return isGenPoolError(error) ? OUTCOMES[error.code] : 'crashed'
}

/** Whether the caller no longer waits, while the handler may still run. */
export function isGivenUp({ code }: GenPoolError): boolean {
  return code === 'ERR_GENPOOL_EXPIRED' || code === 'ERR_GENPOOL_CANCELLED'
}
