import { showNumber, showValue } from './options/show-value'
import { printable } from './printable'

/** Marks GenPool's errors. Registered globally, so that it also works for another installed copy. */
const brand: unique symbol = Symbol.for('genpool.error') as never

/** All error codes of GenPool. A code never changes its meaning. */
export type ErrorCode =
  | 'ERR_GENPOOL_DROPPED'
  | 'ERR_GENPOOL_EXPIRED'
  | 'ERR_GENPOOL_CANCELLED'
  | 'ERR_GENPOOL_CRASHED'
  | 'ERR_GENPOOL_CONFLICT'
  | 'ERR_GENPOOL_NOT_COMMITTED'
  | 'ERR_GENPOOL_INVALID'
  | 'ERR_GENPOOL_STOPPED'
  | 'ERR_GENPOOL_OPTIONS'
  | 'ERR_GENPOOL_START_TIMEOUT'
  | 'ERR_GENPOOL_UNREACHABLE'

/**
 * The base class of all errors that GenPool throws on purpose.
 *
 * Distinguish errors by `code`, which is stable, not by class or message. Use `isGenPoolError` instead of `instanceof` where
 * two copies of the library may be installed.
 *
 * @example if (isGenPoolError(error)) console.log(error.code)
 */
export abstract class GenPoolError extends Error {
  abstract readonly code: ErrorCode

  /** @param lines its text: what of it is not safe to print is escaped */
  constructor(lines: string | readonly string[], options?: ErrorOptions) {
    super(typeof lines === 'string' ? printable(lines) : lines.map(printable).join('\n'), options)
    this.name = new.target.name
  }
}
Object.defineProperty(GenPoolError.prototype, brand, { value: true })

/** Whether `error` is a GenPool error, and has this `code` if one is given. Works across installed copies. */
export function isGenPoolError<C extends ErrorCode>(
  error: unknown,
  code: C,
): error is GenPoolError & { readonly code: C }
export function isGenPoolError(error: unknown): error is GenPoolError
export function isGenPoolError(error: unknown, code?: ErrorCode): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    return brand in error && (code === undefined || (error as unknown as GenPoolError).code === code)
  } catch {
    // A proxy of somebody else may throw at any look.
    return false
  }
}

/**
 * The options are wrong. Nothing was created or changed.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) console.log(error.issues)
 */
export class OptionsError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_OPTIONS'
  constructor(
    message: string,
    /** One entry for each fault: its path (`['broker', 'client']`) and what is wrong there. */
    readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] = [],
  ) {
    // It has a line for each fault: whoever makes it escapes what is in them.
    super(textOf(message).split('\n'))
  }
}

/** Why something was not done, and what to do about it, in sentences. */
export interface Remedy {
  readonly says: string
  /** What happened, without a full stop, if it is not what the error says by itself. */
  readonly why?: string
  /** The error behind it. */
  readonly cause?: unknown
}

/** What to do about a commit of which nobody knows yet whether it counts. */
export const READ_FIRST = 'Read the state, or make the change repeatable, before you send it again.'

/** Why a commit may count although its request has failed. */
export const WRITTEN = 'its commit was being written and may count'
const SLOW = 'Make the handler faster, let it watch ctx.signal, or raise "timeout".'

/**
 * The deadline passed before the answer came.
 *
 * With `started: false` the request never ran and is safe to retry. With `started: true` it may have had effects.
 * With `mayBeCommitted: true` its commit may count, too: read the state before you send it again.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_EXPIRED') && !error.started) await tryAgain() // it never ran
 */
export class ExpiredError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_EXPIRED'
  constructor(
    readonly target: string,
    readonly waitedMs: number,
    readonly started: boolean,
    /** Why, and what to do, in sentences; the error behind that is the `cause`. Default: too much work, or slow work. */
    why?: Remedy,
    /** How long the caller wanted to wait. Default: as long as it waited. */
    timeoutMs = round(waitedMs),
    /** Whether its commit may count all the same: it was being written, or only the answer was missing, or the run goes on for others. */
    readonly mayBeCommitted = false,
  ) {
    super(
      `"${textOf(target)}" did not answer within ${showNumber(timeoutMs)} ms: ` +
        (mayBeCommitted
          ? `${why?.why ?? `the request was run, and ${WRITTEN}`}. ${READ_FIRST}${why === undefined ? '' : ` ${why.says}`}`
          : started
            ? `${why?.why ?? 'the request was running, and its result is discarded'}. ${why?.says ?? SLOW}`
            : `the request was still waiting and was never run; it is safe to retry. ${why?.says ?? 'Add members, or send fewer requests.'}`),
      withCause(why?.cause),
    )
  }
}

/**
 * The caller's `AbortSignal` aborted. `cause` is the signal's reason.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_CANCELLED')) console.log(error.cause) // the reason of the signal
 */
export class CancelledError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CANCELLED'
  /** Whether its commit may count all the same: it was being written, or only the answer was missing, or the run goes on for others. */
  readonly mayBeCommitted: boolean
  constructor(
    readonly target: string,
    readonly started: boolean,
    cause?: unknown,
    /** What was cancelled, in a sentence. Default: a request. */
    says?: string,
    /** Why its commit may count all the same, in words; left out if it does not. */
    commit?: string,
  ) {
    super(
      says ??
        `A request to "${textOf(target)}" was cancelled by its caller while ` +
          (commit !== undefined
            ? `it was running, and ${textOf(commit)}. ${READ_FIRST}`
            : started
              ? 'it was running; its result is discarded.'
              : 'it was waiting; it was never run.'),
      { cause },
    )
    this.mayBeCommitted = commit !== undefined
  }
}

/** What a CancelledError says of somebody who has waited for something to hold of a pool. */
export function cancelledWait(target: string): string {
  return `The wait for pool "${target}" was cancelled by its signal; the pool goes on.`
}

/**
 * The actor has stopped or is stopping and cannot serve the request. The request did not run, unless `started` is true.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_STOPPED')) await call(otherPool, message)
 */
export class StoppedError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_STOPPED'
  /** Whether its commit may count all the same: it was being written, or only the answer was missing, or the run goes on for others. */
  readonly mayBeCommitted: boolean
  constructor(
    readonly target: string,
    readonly started = false,
    cause?: unknown,
    /** What it does, what follows, and what to do. Default: it has stopped, and a request was not run. */
    why?: { readonly is?: string; readonly so?: string; readonly advice?: string },
    /** Why its commit may count all the same, in words; left out if it does not. */
    commit?: string,
  ) {
    const failed =
      commit !== undefined
        ? `failed while it was running, and ${textOf(commit)}`
        : started
          ? 'failed while it was running'
          : 'was not run'
    const so = why?.so ?? `a request to it ${failed}`
    super(
      `"${textOf(target)}" ${why?.is ?? 'has stopped'}, so ${so}.` +
        (cause === undefined ? '' : ` It stopped because: ${sentence(textOf(cause))}`) +
        (commit === undefined ? '' : ` ${READ_FIRST}`) +
        (why?.advice === undefined ? '' : ` ${why.advice}`),
      withCause(cause),
    )
    this.mayBeCommitted = commit !== undefined
  }
}

/**
 * A pool that runs elsewhere could not be reached, or the node that had the request is gone.
 *
 * With `mayHaveRun: false` the request never ran and is safe to retry. With `true` it may have had effects; nobody can know.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_UNREACHABLE') && !error.mayHaveRun) await tryAgain()
 */
export class UnreachableError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_UNREACHABLE'
  constructor(
    readonly target: string,
    readonly mayHaveRun: boolean,
    /** What happened and what to do, in sentences. `so`: what became of the request, if that is not said yet; "" for nothing more. */
    why?: Remedy & { readonly so?: string },
    /** The node that had it; undefined if it was sent to none. */
    readonly node?: string,
  ) {
    super(
      `"${textOf(target)}" cannot be reached: ${textOf(why?.says ?? 'nothing is known of why.')} ${why?.so ?? becameOf(mayHaveRun)}`.trimEnd(),
      withCause(why?.cause),
    )
  }
}

function becameOf(mayHaveRun: boolean): string {
  return mayHaveRun ? 'The request may have run, so it was not sent again.' : 'The request was not run.'
}

function withCause(cause: unknown): ErrorOptions | undefined {
  return cause === undefined ? undefined : { cause }
}

/**
 * Writes a thrown value as text. Anything can be thrown, also a value that cannot become a string. An object without a text of its
 * own is told by its keys. A very long text is cut. The lines of an error of GenPool are one: within another text, their ends would be shown as escapes.
 */
export function textOf(cause: unknown): string {
  const text = wholeTextOf(cause)
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}

/** Something thrown may be a page of a server, or a dump. */
const LONGEST_TEXT = 10_000

function wholeTextOf(cause: unknown): string {
  try {
    if (cause instanceof Error) {
      const text = String(cause.message === '' ? cause.name : cause.message)
      return isGenPoolError(cause) ? inOneLine(text) : text
    }
    const text = String(cause)
    return typeof cause === 'object' && text === '[object Object]' ? showValue(cause) : text
  } catch {
    return 'something that cannot be shown'
  }
}

function inOneLine(lines: string): string {
  return lines.replace(/([.:]?)\n\s*/g, (_, end: string) => `${end === '' ? ';' : end} `)
}

/** Ends a text with a full stop, unless it has an end already. */
export function sentence(text: string): string {
  const trimmed = text.trimEnd()
  return /[.!?…]["')]?$/.test(trimmed) ? trimmed : `${trimmed}.`
}

/** Rounds milliseconds for a reader: three significant digits, no trailing zeros. */
export function round(ms: number): number {
  return typeof ms === 'number' ? Number(ms.toPrecision(3)) : NaN
}
