import type { CrashedError, GenPoolError } from '@genpool/core'
import { textOf } from '@genpool/runtime'
import type { Unknown } from './unknown-types'

/** One attempt that failed. */
export interface Failure {
  readonly attempt: number
  /** By the clock of the server. */
  readonly at: Date
  /** The `code` of the error, such as `ERR_GENPOOL_CRASHED`. */
  readonly code: string
  readonly reason: string
  /** The consumer that had it. */
  readonly consumer: string
}

/** What is kept of a cast between its attempts. */
export interface Tries {
  /** How many deliveries were given back without a run. */
  readonly returned: number
  readonly failures: readonly Failure[]
  /** The last attempt that was written down before it began: all but the first are. */
  readonly noted?: number
  /** How many attempts ended since their consumer was stopped: so many more are made. */
  readonly stops?: number
  /** A server was restarted, and nobody knows whether the first attempt had begun: one more is made. */
  readonly isUnsure?: boolean
  /** The next attempt begins not before that, in milliseconds of the server's clock: the wait after one that failed. */
  readonly notBefore?: number
  /** No handler of a consumer knew its type. */
  readonly unknown?: Unknown | undefined
}

export const NO_TRIES: Tries = { returned: 0, failures: [] }
const MOST_FAILURES = 20
const MOST_TEXT = 2000

/** The rules of repeated attempts. */
export interface AttemptRules {
  readonly maxDeliver: number
  readonly backoff: { readonly initial: number; readonly factor: number; readonly max: number }
}

/** By so much the clock of the server may be mistaken here; less if "ackWait" is short. */
const SLACK_MS = 500

/**
 * Counts deliveries that can have reached nobody as given back.
 *
 * A delivery of which nobody tells ended with its process. Then the cast comes again after `ackWait`, so of many within a shorter time
 * only few ended so. The others were lost on their way to a consumer that stopped: a server counts what it sends to a request whose
 * end it has not read yet.
 *
 * @param sinceMs how long it was stored, or since its last failure
 */
export function withLost(
  tries: Tries,
  facts: {
    readonly deliveries: number
    readonly sinceMs: number
    readonly ackWaitMs: number
  },
): Tries {
  const { deliveries, sinceMs, ackWaitMs } = facts
  const silent = deliveries - 1 - tries.returned - begunOf(tries)
  const most = Math.floor((Math.max(0, sinceMs) + Math.min(SLACK_MS, ackWaitMs / 2)) / ackWaitMs)
  return silent <= most ? tries : { ...tries, returned: tries.returned + silent - most }
}

/** So many deliveries a server may have counted that reached nobody, since it was restarted. With more, each is an attempt. */
const MOST_LOST = 8

/** The last attempt that is known to have begun; 0 for none. */
function begunOf({ failures, noted = 0 }: Tries): number {
  return Math.max(failures.at(-1)?.attempt ?? 0, noted)
}

/** Whether its last attempt has failed, and the next one has not begun: all but the first are written down before they do. */
export function isAwaited(tries: Tries): boolean {
  const failed = tries.failures.at(-1)?.attempt ?? 0
  return (tries.notBefore ?? 0) > 0 && failed > 0 && begunOf(tries) === failed
}

/** How many attempts count for none of `maxDeliver`. */
export function uncountedOf({ stops = 0, isUnsure = false }: Tries): number {
  return stops + (isUnsure ? 1 : 0)
}

/** Whether one of its attempts ended with its process, as far as is known. */
function wasLost({ failures, isUnsure = false }: Tries): boolean {
  return failures.some(({ attempt, consumer }) => consumer === NOBODY && !(isUnsure && attempt === 1))
}

/** What becomes of a cast that is delivered. */
export type Opening =
  | {
      readonly kind: 'run'
      readonly attempt: number
      /** It is the last one: the cast is dead after it. */
      readonly isLast: boolean
      /** It must be written down before it begins: the server may forget it. */
      readonly isNoted: boolean
      /** One before ended with its process, perhaps by this cast: no other one may be lost with it again. */
      readonly isSuspect: boolean
      /** Nobody knows whether the first attempt had begun. */
      readonly isUnsure: boolean
    }
  /** All attempts are used up: the last ones ended with their processes. */
  | { readonly kind: 'dead'; readonly attempts: number }

/**
 * Decides about a cast that is delivered. `deliveries` counts this one.
 *
 * A process that ends takes all that it has in hand with it, so a delivery without a word counts as an attempt, whoever was to
 * blame. Not so for the last attempt: a cast is dead only if that is known to have begun.
 *
 * A server that is restarted may have forgotten deliveries, and may have counted some that reached nobody. All attempts but the first are
 * written down before they begin, so only the first may be in doubt, whatever the server says. Then this one is the second, also if the
 * first never began, and one more is made: no cast is dead for an attempt that it may not have had.
 *
 * An attempt that ended since its consumer was stopped has not failed: one more is made.
 */
export function openingOf(
  {
    deliveries,
    tries,
    mayBeForgotten = false,
  }: {
    readonly deliveries: number
    readonly tries: Tries
    /** The server was restarted, and may have delivered it before. */
    readonly mayBeForgotten?: boolean
  },
  { maxDeliver }: AttemptRules,
): Opening {
  const failed = tries.failures.at(-1)?.attempt ?? 0
  const begun = begunOf(tries)
  const told = deliveries - tries.returned
  const known = Math.max(1, mayBeForgotten ? told - MOST_LOST : told, begun + 1)
  const inDoubt = mayBeForgotten && known === 1
  const counted = inDoubt ? 2 : known
  const isUnsure = inDoubt || tries.isUnsure === true
  const most = maxDeliver + uncountedOf({ ...tries, isUnsure })
  // Nothing is written before the first attempt, also if it is the only one.
  if (most > 1 ? begun >= most : counted > 1) return { kind: 'dead', attempts: Math.max(1, begun) }
  const attempt = Math.min(counted, most)
  const isLast = most > 1 && attempt >= most
  const isSuspect = (counted - 1 > failed && (!inDoubt || told > 1)) || wasLost(tries)
  return { kind: 'run', attempt, isLast, isNoted: attempt > 1, isSuspect, isUnsure }
}

/** What becomes of a cast after its attempt. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'dead' }
  /** Its consumer was stopped: it begins again elsewhere, and has not failed. */
  | { readonly kind: 'stopped' }
  /** It was not begun: that is no attempt. */
  | { readonly kind: 'returned'; readonly delayMs: number }

/** How long one that a pool refuses to begin waits, unless the pool says how long. */
const RETURN_MS = 250

/** Decides about a cast after its attempt. */
export function endingOf(
  {
    error,
    runs,
    attempt,
    uncounted = 0,
    isStopping = false,
  }: {
    readonly error: GenPoolError | undefined
    /** How many times a handler began. */
    readonly runs: number
    readonly attempt: number
    /** How many attempts before count for none. */
    readonly uncounted?: number
    /** The consumer stops, or its pool does. */
    readonly isStopping?: boolean
  },
  rules: AttemptRules,
): Ending {
  // What failed after the commit is an answer, for which nobody waits. Run again, its change would count twice.
  if (error === undefined || (error as Partial<CrashedError>).committed === true) return { kind: 'done' }
  // It would be refused again: nobody can run it as it is.
  if (runs === 0 && error.code === 'ERR_GENPOOL_INVALID') return { kind: 'dead' }
  if (runs === 0 && error.code !== 'ERR_GENPOOL_CRASHED') return { kind: 'returned', delayMs: retryAfterOf(error) }
  const isCutShort = error.code === 'ERR_GENPOOL_STOPPED' || error.code === 'ERR_GENPOOL_CANCELLED'
  // A pool that gives up has a cause, and the cast may be that.
  if (isCutShort && isStopping && error.cause === undefined) return { kind: 'stopped' }
  const counted = attempt - uncounted
  if (counted >= rules.maxDeliver) return { kind: 'dead' }
  // Another consumer can begin it now.
  return { kind: 'again', delayMs: isCutShort ? 0 : waitAfter(counted, rules) }
}

/** The wait after so many attempts. */
export function waitAfter(attempt: number, { backoff: { initial, factor, max } }: AttemptRules): number {
  return Math.min(max, initial * factor ** (attempt - 1))
}

function retryAfterOf(error: GenPoolError): number {
  const { retryAfterMs, reason } = error as { retryAfterMs?: unknown; reason?: unknown }
  // That says how long this pool takes nothing, and another one may be well.
  if (reason === 'breaker') return RETURN_MS
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? Math.min(retryAfterMs, 60_000) : RETURN_MS
}

/** Adds a failed attempt, and those before it of which nothing is known. */
export function withFailure(tries: Tries, failure: Failure): Tries {
  const { returned, failures: all, stops, isUnsure = false } = tries
  const failures = all.filter(({ attempt }) => attempt < failure.attempt)
  const known = failures.at(-1)?.attempt ?? 0
  const unknown = Array.from({ length: Math.min(MOST_FAILURES, failure.attempt - known - 1) }, (_, i) =>
    silentAttempt(failure.attempt - i - 1, failure.at, isUnsure),
  ).reverse()
  const kept = [...failures, ...unknown, failure].slice(-MOST_FAILURES)
  return { returned, failures: kept, ...(stops === undefined ? {} : { stops }), ...(isUnsure ? { isUnsure } : {}) }
}

/** Clocks differ by so much. */
const EARLY_MS = 100

/**
 * How many milliseconds too early a cast comes for its next attempt; 0 if it does not. Who had it before may have ended when it had written
 * down that it failed, and before the server knew when it is to come again.
 */
export function earlyMs({ notBefore = 0 }: Tries, now: number): number {
  const left = notBefore - now
  return left > EARLY_MS ? left : 0
}

/** Adds an attempt that ended since its consumer was stopped. */
export function withStop(tries: Tries, stop: Failure): Tries {
  return { ...withFailure(tries, stop), stops: (tries.stops ?? 0) + 1 }
}

/** Why such an attempt ended. @param times how many of this cast ended so, with this one */
export function stoppedBecause(times: number): string {
  const often = times === 1 ? '' : `; it was so ${times} times`
  return `the consumer was stopped while it ran, so it begins again${often}. That counts for no attempt of "maxDeliver"`
}

/** The consumer of an attempt of which nobody tells. */
const NOBODY = ''
const LOST = 'nobody told how it ended: its process ended or stood still, or it was lost on its way to one that stopped'
const UNSURE =
  'the server was restarted, and nobody knows whether it had begun before. It counts for no attempt of "maxDeliver"'

/** An attempt of which nobody tells. */
export function lostAttempt(attempt: number, at: Date): Failure {
  return { attempt, at, code: 'ERR_GENPOOL_UNREACHABLE', reason: LOST, consumer: NOBODY }
}

function silentAttempt(attempt: number, at: Date, isUnsure: boolean): Failure {
  const lost = lostAttempt(attempt, at)
  return isUnsure && attempt === 1 ? { ...lost, reason: UNSURE } : lost
}

/** Why an attempt failed, in one text: of a handler that threw, what it threw. */
export function reasonOf(error: GenPoolError): string {
  const { cause } = error
  const text = error.code === 'ERR_GENPOOL_CRASHED' && cause !== undefined ? textOf(cause) : textOf(error)
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text
}
