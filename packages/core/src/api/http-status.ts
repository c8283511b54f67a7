import { type ErrorsByCode, isGenPoolError } from '../errors'

/** What an HTTP server answers for an error of a pool. */
export interface HttpStatus {
  readonly status: 400 | 499 | 502 | 503 | 504
  /** Whole seconds, at least 1, for the header `Retry-After`. Undefined if a wait does not help, or nobody knows how long. */
  readonly retryAfter: number | undefined
}

type Rules = { readonly [Code in keyof ErrorsByCode]?: (error: ErrorsByCode[Code]) => HttpStatus | undefined }

const RULES: Rules = {
  ERR_GENPOOL_DROPPED: ({ retryAfterMs }) => of(503, wholeSeconds(retryAfterMs)),
  ERR_GENPOOL_STOPPED: () => of(503),
  ERR_GENPOOL_EXPIRED: () => of(504),
  ERR_GENPOOL_CANCELLED: () => of(499),
  ERR_GENPOOL_UNREACHABLE: ({ mayHaveRun }) => of(mayHaveRun ? 502 : 503),
  // An answer or a state that is refused is a fault of the program, and not of the client.
  ERR_GENPOOL_INVALID: ({ what }) => (/^message /.test(what) ? of(400) : undefined),
}

/**
 * The HTTP status for an error of a pool: what to tell a client that waits for a `call` or whose `cast` was not accepted.
 *
 * - 503: there is too much work (with `retryAfter`), the pool is stopping, or a remote pool is not there. It did not run.
 * - 504: the deadline passed
 * - 502: a remote pool went away while it ran
 * - 499: the client has gone; nobody reads the answer
 * - 400: the message was not accepted, for example by its schema
 *
 * @returns undefined for what a pool does not expect: a crash, a conflict, a wrong answer or state, wrong options, an error of
 *   somebody else. Give such an error to the error handler of your framework, which logs it and answers 500.
 *
 * @example
 * const known = httpStatus(error)
 * if (known === undefined) throw error
 * response.statusCode = known.status
 * if (known.retryAfter !== undefined) response.setHeader('Retry-After', known.retryAfter)
 */
export function httpStatus(error: unknown): HttpStatus | undefined {
  if (!isGenPoolError(error)) return undefined
  const rule = RULES[error.code] as ((error: unknown) => HttpStatus | undefined) | undefined
  return rule?.(error)
}

function of(status: HttpStatus['status'], retryAfter?: number): HttpStatus {
  return { status, retryAfter }
}

/** One second if it is not known: the header has no smaller unit, and a client without one comes back at once. */
function wholeSeconds(ms: number | undefined): number {
  return Math.max(1, Math.ceil((ms ?? 0) / 1000))
}
