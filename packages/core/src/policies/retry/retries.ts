import { type DroppedError } from '@genpool/broker'
import {
  CancelledError,
  isGenPoolError,
  type Nanos,
  NS_PER_MS,
  parseOptions,
  RetryBudget,
  StoppedError,
  textOf,
} from '@genpool/runtime'
import type { CrashedError } from '../../errors'
import type { Attaching, Listener, Timers } from '../../pool/ports'
import type { Tries } from '../../requests/tries'
import { onAbort } from '../../requests/on-abort'
import { type RetryOptions, retryOptions, type RetryRules, waitBefore } from '../../requests/retry-options'

/** What retries need of their pool. */
export interface RetryPorts extends Attaching, Timers {
  readonly name: string
  readonly stopping: boolean
  readonly cause: unknown
  /** How many requests have come in. */
  readonly accepted: number
  /** How long a caller waits who does not say so, in milliseconds. */
  readonly timeout: number
  /** How often messages of this type run again in place after a crash; undefined for those that may not run twice. */
  rerunsOf(type: string): number | undefined
  /** After how many crashes a message is given up. */
  readonly poisonAfter: number
  now(): Nanos
  random(): number
  /** Tries a call, and adds to its tries how often a handler was called for it. */
  try(message: unknown, options: OneCall, tries: Tries): Promise<unknown>
}

/** The options of one try. */
interface OneCall {
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** One call with all its tries. */
interface Retried extends Tries {
  readonly message: unknown
  readonly options: OneCall
  readonly rules: RetryRules
  readonly deadline: Nanos
  tried: number
  /** How it crashed last; null if it certainly has not run. */
  crash: CrashedError | null
}

/**
 * Repeats calls that failed: those that certainly did not run, and crashed ones of types that may run twice (`retryOnCrash`).
 *
 * All tries share one deadline, and all calls of the pool one budget.
 */
export class Retries implements Listener {
  made = 0
  overBudget = 0
  readonly #budget = new RetryBudget()
  /** Ends the waits for the next try when the pool stops. */
  readonly #waiting = new Set<(cause: unknown) => void>()

  constructor(private readonly pool: RetryPorts) {}

  /** How many retries had no place in the budget, in the last 10 seconds. */
  get overBudgetLately(): number {
    return this.#budget.refusedLately(this.pool.now())
  }

  async call(message: unknown, options: OneCall, retry: RetryOptions): Promise<unknown> {
    const { pool } = this
    const rules = parseOptions(retryOptions, retry, `options of "retry" in a call to pool "${pool.name}"`)
    const now = pool.now()
    const { timeout: wanted = pool.timeout } = options
    const deadline = now + wanted * NS_PER_MS
    const whole = { sentAt: now, timeout: wanted }
    this.#budget.saw(pool.accepted, now)
    const retried: Retried = {
      message,
      options,
      rules,
      deadline,
      whole,
      tried: 0,
      crashes: 0,
      attempts: 0,
      crash: null,
    }
    let one = options
    for (;;) {
      const attemptsBefore = retried.attempts
      try {
        return await this.#try(retried, one)
      } catch (error) {
        // What is refused now, since limits or the message have changed, has run before.
        if (
          retried.crash !== null &&
          retried.attempts === attemptsBefore &&
          isGenPoolError(error, 'ERR_GENPOOL_INVALID')
        )
          throw retried.crash
        const wait = this.#waitAfter(error, retried)
        if (wait === null) throw outcomeOf(error, retried)
        await this.#wait(wait, retried)
        const timeout = (deadline - pool.now()) / NS_PER_MS
        // The event loop was busy for longer than the wait.
        if (timeout <= 0) throw outcomeOf(error, retried)
        one = { ...options, timeout }
      }
    }
  }

  #try(retried: Retried, options: OneCall): Promise<unknown> {
    if (++retried.tried > 1) this.made++
    return this.pool.try(retried.message, options, retried)
  }

  /** How long to wait before the next try, in milliseconds; null for none. */
  #waitAfter(error: unknown, retried: Retried): number | null {
    const { pool } = this
    const { rules, tried, deadline } = retried
    if (!this.#mayRepeat(error, retried) || tried >= rules.attempts) return null
    const { retryAfterMs } = error as Partial<DroppedError>
    const wait = waitBefore(rules, { tried, retryAfterMs }, pool.random())
    const now = pool.now()
    if (now + wait * NS_PER_MS >= deadline) return null
    if (this.#budget.take(pool.accepted, now)) return wait
    this.overBudget++
    return null
  }

  #mayRepeat(error: unknown, retried: Retried): boolean {
    if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) return true
    if (!isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) return false
    const crash = error as CrashedError
    const reruns = this.pool.rerunsOf(crash.type)
    // In the first crashed try it has run again in place, in those after it not any more. Without a member nothing crashed: it
    // was to run again, and was dropped.
    if (crash.member !== '') retried.crashes += retried.crashes === 0 ? (reruns ?? 0) + 1 : 1
    retried.crash = crash
    return reruns !== undefined && !crash.mayBeCommitted && retried.crashes < this.pool.poisonAfter
  }

  async #wait(ms: number, { options: { signal }, crash }: Retried): Promise<void> {
    const { pool } = this
    const cancelled = (): Error => cancelledCall(pool.name, crash, signal?.reason)
    if (pool.stopping) throw crash ?? new StoppedError(pool.name, false, pool.cause)
    if (signal?.aborted === true) throw cancelled()
    let stop!: (cause: unknown) => void
    let unwatch: (() => void) | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = pool.after(ms, resolve, true)
        const end = (error: Error): void => {
          timer.cancel()
          reject(error)
        }
        stop = (cause) => end(crash ?? new StoppedError(pool.name, false, cause))
        if (signal !== undefined) unwatch = onAbort(signal, () => end(cancelled()))
        if (this.#waiting.size === 0) pool.attach(this)
        this.#waiting.add(stop)
      })
    } finally {
      unwatch?.()
      this.#waiting.delete(stop)
      if (this.#waiting.size === 0) pool.detach(this)
    }
  }

  poolStopped(cause: unknown): void {
    for (const stop of this.#waiting) stop(cause)
  }
}

/** The error of a call that its caller has given up between two tries. */
function cancelledCall(pool: string, crash: CrashedError | null, reason: unknown): CancelledError {
  if (crash === null) return new CancelledError(pool, false, reason)
  const says = `A request to "${pool}" was cancelled by its caller while it waited to run again: it had crashed (${textOf(crash.cause)}).`
  return new CancelledError(pool, true, reason, says)
}

/** Of a message that has crashed, nobody may be told that it never ran. */
function outcomeOf(error: unknown, { crash }: Retried): unknown {
  if (crash === null || !isGenPoolError(error)) return error
  if (error instanceof CancelledError && !error.started) return cancelledCall(error.target, crash, error.cause)
  const neverRan = error.code === 'ERR_GENPOOL_DROPPED' || ('started' in error && error.started === false)
  return neverRan ? crash : error
}
