import type { Key } from '@genpool/broker'
import {
  type GenPoolError,
  hasNoOptions,
  keyId,
  nearest,
  NS_PER_MS,
  OptionsError,
  sentence,
  showValue,
  textOf,
  whyNotAKey,
} from '@genpool/runtime'
import { isPromisedKey } from '../behaviours/answerable'
import { isSignal } from '../requests/on-abort'
import type { Request } from '../requests/request'
import type { RetryOptions } from '../requests/retry-options'

/** The options of one call. */
export interface CallOptions {
  /** How long the caller waits, in milliseconds, queueing, running and committing included. Default: the pool's `timeout`. */
  readonly timeout?: number
  /** Cancels the call when it fires. */
  readonly signal?: AbortSignal
  /** Greater is more urgent. Under overload the lowest are shed first. Default 0. */
  readonly priority?: number
  /** Messages of one key are handled one at a time and in order. Lists and objects are compared by content. */
  readonly key?: Key
  /**
   * Repeats the call if it certainly did not run, or crashed and is of a type in `retryOnCrash`: within its one deadline, and within
   * the pool's budget for retries. Waits `retryAfterMs` of the error, or the backoff.
   */
  readonly retry?: RetryOptions
  /**
   * Calls of one message type with the same key share a run: while one waits or runs, further ones wait for its outcome. The first
   * message is the one that is run. Lists and objects are compared by content.
   */
  readonly share?: Key
  /** Called with what the handler tells with `ctx.progress(value)`, in that order and before the promise settles. */
  readonly onProgress?: (value: unknown) => void
  /**
   * Running it twice does no harm. A pool that runs elsewhere may then send it again if nobody knows whether it ran. A pool in this
   * process always knows, and ignores it.
   */
  readonly idempotent?: boolean
}

/** What a sender may say about one cast. It has a `key` or a `latest`, and not both. */
export type CastOptions = Pick<CallOptions, 'priority'> & CastTimeout & (CastInOrder | CastLatest)

interface CastTimeout {
  /**
   * How long it may wait and run, in milliseconds. Later it is not begun, or its signal fires and its commit is refused; it is a dead
   * letter then. Default: it has no deadline. Only for pools in this process.
   */
  readonly timeout?: number
}

interface CastInOrder extends Pick<CallOptions, 'key'> {
  // The compiler names the reason.
  readonly latest?: 'a cast has a key or a latest, not both' | undefined
}

interface CastLatest {
  readonly key?: undefined
  /**
   * Of one message type and one `latest`, at most one cast runs and one waits, the newest: it replaces one that waits, and takes
   * its place in the queue. Lists and objects are compared by content. Not together with `key`.
   */
  readonly latest?: Key
}

/** What may be said about a message of either kind. */
type MessageOptions = CallOptions & CastOptions

export const NO_OPTIONS: CallOptions = {}

const KNOWN = ['timeout', 'signal', 'priority', 'key', 'retry', 'share', 'latest', 'onProgress', 'idempotent'] as const
const OF_CASTS = ['timeout', 'priority', 'key', 'latest'] as const
/** What is for somebody who waits for the outcome. */
const OF_CALLERS = ['signal', 'retry', 'onProgress', 'idempotent']

/** The timeout, if the options say nothing else and it is valid; otherwise undefined. Never throws. */
export function onlyTimeout(options: CallOptions): number | undefined {
  try {
    if (Object.getPrototypeOf(options) !== Object.prototype || Reflect.ownKeys(options).length !== 1) return undefined
    const { timeout } = options
    return typeof timeout === 'number' && timeout >= 0 ? timeout : undefined
  } catch {
    return undefined
  }
}

/** What is wrong with the options of a message as a whole: they are no object, or have a name that is unknown. */
function misnamed({ pool, expectsAnswer }: Request, options: unknown): GenPoolError | undefined {
  if (typeof options !== 'object' || options === null || hasNoOptions(options)) {
    return wrongOptions(pool, `expected an object such as { timeout: 1000 }, got ${showValue(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!expectsAnswer && OF_CALLERS.includes(name)) {
      if ((options as Record<string, unknown>)[name] === undefined) continue
      return wrongOptions(pool, `"${name}" is for calls: nobody waits for the outcome of a cast. Leave it out`, [name])
    }
    if ((KNOWN as readonly string[]).includes(name)) continue
    const known = expectsAnswer ? KNOWN : OF_CASTS
    const meant = nearest(name, known)
    const hint =
      meant === undefined
        ? `there are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`
        : `did you mean "${meant}"?`
    return wrongOptions(pool, `there is no option "${name}"; ${hint}`, [name])
  }
  return undefined
}

function wrongOptions(pool: string, message: string, path: readonly string[] = []): OptionsError {
  return new OptionsError(`The options of a message to pool "${pool}" are wrong: ${sentence(message)}`, [
    { path, message },
  ])
}

/** Sets the deadline of a request. Returns an error if the timeout is wrong. */
export function applyTimeout(request: Request, timeout: number): GenPoolError | undefined {
  if (typeof timeout !== 'number' || !(timeout >= 0)) {
    return wrong(request, 'timeout', `expected milliseconds >= 0 or Infinity, got ${showValue(timeout)}`)
  }
  request.deadline = request.sentAt + timeout * NS_PER_MS
  return undefined
}

/** Whether a call shares its run with others. What cannot be read is refused where the options are applied. */
export function isShared(options: CallOptions): boolean {
  try {
    return options.share !== undefined
  } catch {
    return false
  }
}

/** Whether a cast replaces earlier ones. */
export function isLatest(options: CastOptions): boolean {
  try {
    return options.latest !== undefined
  } catch {
    return false
  }
}

/** Applies the caller's options to a request. Returns an error if they are wrong; never throws. */
export function applyOptions(request: Request, options: MessageOptions): GenPoolError | undefined {
  try {
    return misnamed(request, options) ?? apply(request, options)
  } catch (error) {
    return wrongOptions(request.pool, `reading them threw: ${textOf(error)}`)
  }
}

function apply(
  request: Request,
  { timeout, priority, key, share, latest, signal, onProgress, idempotent }: MessageOptions,
): GenPoolError | undefined {
  const fault = timeout === undefined ? undefined : applyTimeout(request, timeout)
  if (fault !== undefined) return fault
  if (priority !== undefined) {
    if (typeof priority !== 'number' || Number.isNaN(priority)) {
      return wrong(request, 'priority', `expected a number, got ${showValue(priority)}`)
    }
    request.priority = priority
  }
  if (key !== undefined) {
    const id = keyOf(request, 'key', key)
    if (id instanceof OptionsError) return id
    request.key = id
  }
  if (share !== undefined) {
    const id = keyOf(request, 'share', share)
    if (id instanceof OptionsError) return id
    if (!request.expectsAnswer) return wrong(request, 'share', 'a cast has no outcome to share. Leave it out')
    request.extend().share = { key: id }
  }
  if (latest !== undefined) {
    const conflict = request.expectsAnswer
      ? 'only casts replace each other, since a call has a caller who waits for its outcome. See "share"'
      : key !== undefined
        ? 'it stands beside "key". Leave one of them out: of one "latest" one message runs at a time, too'
        : undefined
    if (conflict !== undefined) return wrong(request, 'latest', conflict)
    const id = keyOf(request, 'latest', latest)
    if (id instanceof OptionsError) return id
    request.extend().latest = { key: id }
  }
  // Only a pool on other machines does something with it.
  if (idempotent !== undefined && typeof idempotent !== 'boolean') {
    return wrong(request, 'idempotent', `expected true or false, got ${showValue(idempotent)}`)
  }
  return request.expectsAnswer ? applyCallerOptions(request, signal, onProgress) : undefined
}

function applyCallerOptions(
  request: Request,
  signal: AbortSignal | undefined,
  onProgress: ((value: unknown) => void) | undefined,
): GenPoolError | undefined {
  if (signal !== undefined) {
    if (!isSignal(signal)) return wrong(request, 'signal', `expected an AbortSignal, got ${showValue(signal)}`)
    request.extend().signal = signal
  }
  if (onProgress !== undefined) {
    if (typeof onProgress !== 'function') {
      return wrong(request, 'onProgress', `expected a function, got ${showValue(onProgress)}`)
    }
    request.extend().onProgress = onProgress
  }
  return undefined
}

type KeyOption = 'key' | 'share' | 'latest'

/** The id of a key, by which it is compared; an error if it can be compared with nothing. */
function keyOf(request: Request, option: KeyOption, key: unknown): unknown {
  if (typeof key !== 'object') return keyId(key)
  if (isPromisedKey(key)) return wrong(request, option, 'expected a value to compare, got a promise. Await it first')
  try {
    return keyId(key)
  } catch (cause) {
    return wrong(request, option, `it ${whyNotAKey(cause)}`)
  }
}

function wrong(request: Request, option: keyof MessageOptions, message: string): OptionsError {
  const what = `The option "${option}" of a message to pool "${request.pool}" is wrong: ${message}.`
  return new OptionsError(what, [{ path: [option], message }])
}
