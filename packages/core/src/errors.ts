import type { DroppedError } from '@genpool/broker'
import {
  type CancelledError,
  type ErrorCode,
  type ExpiredError,
  GenPoolError,
  isGenPoolError as isOfAnyPackage,
  type OptionsError,
  READ_FIRST,
  readSafely,
  round,
  sentence,
  type StoppedError,
  textOf,
  type UnreachableError,
} from '@genpool/runtime'
import type { ConflictError, InvalidError, NotCommittedError } from '@genpool/state-ane'

/** Why a member was replaced: nothing was thrown. */
export class Replaced extends Error {
  override readonly name = 'Error'
}

const WORDS = {
  yes: 'The state was committed before; only the answer failed.',
  maybe: `Its commit was being written, and may count. ${READ_FIRST}`,
  no: 'Nothing was committed.',
}

/**
 * The handler threw, or its member was lost, while the request was running. It may have had effects; its commit did not happen.
 *
 * If it had run and waited to run again (`ctx.backOff`), and was dropped then, `cause` is the `DroppedError`.
 *
 * Two exceptions. If only the answer failed, which is made after the commit, or `ctx.from.fail` was called after it, the commit stands:
 * `committed` is true. If that happened while the commit was being written, or the member was lost then, nobody knows: `committed` is
 * "maybe", and `mayBeCommitted` true.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) console.log(error.type, error.cause)
 */
export class CrashedError extends GenPoolError {
  readonly code = 'ERR_GENPOOL_CRASHED'
  /** Whether its commit may count: false only if nothing was committed, and nothing will be. */
  readonly mayBeCommitted: boolean
  constructor(
    readonly pool: string,
    /** The member that ran it, such as `member-3.1`; empty if it was not running when it failed. */
    readonly member: string,
    /** The type of the message. */
    readonly type: string,
    cause: unknown,
    /** Whether the state was committed before: then only the answer failed. "maybe": its commit was being written, or goes on for others. */
    readonly committed: boolean | 'maybe' = false,
    /** What may be wrong, in words. */
    hint = '',
    /** What became of its commit, in words. */
    ofCommit = WORDS[committed === 'maybe' ? 'maybe' : committed ? 'yes' : 'no'],
  ) {
    super(
      `${textOf(member) === '' ? 'P' : `Member "${textOf(member)}" of p`}ool "${textOf(pool)}" failed on "${textOf(type)}": ${sentence(cause === undefined ? NOTHING_THROWN : textOf(cause))} ` +
        textOf(ofCommit) +
        textOf(hint) +
        (readSafely(() => cause instanceof Replaced, false) ? '' : ' See "cause" for the original error.'),
      { cause },
    )
    this.mayBeCommitted = committed !== false
  }
}

const NOTHING_THROWN = 'undefined was thrown'

/**
 * An `init` (of a worker of one's own: its `start`) has not answered in time, so the start counts as failed. No request ran.
 *
 * @example onEvent('genpool:init:fail', ({ error }) => console.log(isGenPoolError(error, 'ERR_GENPOOL_START_TIMEOUT')))
 */
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
      `"${textOf(member)}" of pool "${textOf(pool)}" did not start: its ${textOf(waitsFor)} has not answered for ${round(afterMs)} ms. ` +
        'Give what it waits for a time limit of its own, or raise "restart.startTimeout".',
    )
  }
}

/** The error of each code. */
export interface ErrorsByCode {
  readonly ERR_GENPOOL_DROPPED: DroppedError
  readonly ERR_GENPOOL_EXPIRED: ExpiredError
  readonly ERR_GENPOOL_CANCELLED: CancelledError
  readonly ERR_GENPOOL_CRASHED: CrashedError
  readonly ERR_GENPOOL_CONFLICT: ConflictError
  readonly ERR_GENPOOL_NOT_COMMITTED: NotCommittedError
  readonly ERR_GENPOOL_INVALID: InvalidError
  readonly ERR_GENPOOL_STOPPED: StoppedError
  readonly ERR_GENPOOL_OPTIONS: OptionsError
  readonly ERR_GENPOOL_START_TIMEOUT: StartTimeoutError
  readonly ERR_GENPOOL_UNREACHABLE: UnreachableError
}

/**
 * Whether `error` is a GenPool error, and has this `code` if one is given. TypeScript then knows its fields. Works across
 * installed copies.
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) await wait(error.retryAfterMs ?? 100)
 */
export function isGenPoolError<C extends ErrorCode>(error: unknown, code: C): error is ErrorsByCode[C]
export function isGenPoolError(error: unknown): error is ErrorsByCode[ErrorCode]
export function isGenPoolError(error: unknown, code?: ErrorCode): boolean {
  return code === undefined ? isOfAnyPackage(error) : isOfAnyPackage(error, code)
}
