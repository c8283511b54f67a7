import { GenPoolError, round, textOf } from '@genpool/runtime'

export { InvalidError } from '@genpool/runtime'

/**
 * Why a request was not served.
 *
 * - `max`: the queue was full
 * - `timeout`: it waited longer than the queue's `timeout`
 * - `codel`: waits stayed above `target` for a whole `interval`
 * - `priority`: the queue was full and something more urgent came
 * - `forecast`: the predicted wait was too long
 * - `budget`: too little time was left before its deadline to run it
 * - `expired`: its deadline had passed; owners report it as `ExpiredError`
 * - `protector`: refused by chance, with the probability that a meter computed
 * - `rate`: refused by a rate limit
 * - `overload`: an overload alarm was set
 * - `breaker`: earlier requests crashed, and the pool's circuit breaker is open
 * - `throttled`: many earlier requests were refused, so a share of the new ones is refused at once
 * - `busy`: the request asked not to wait, and no member was idle
 */
export type DropReason =
  | 'max'
  | 'timeout'
  | 'codel'
  | 'priority'
  | 'forecast'
  | 'budget'
  | 'expired'
  | 'protector'
  | 'rate'
  | 'overload'
  | 'breaker'
  | 'throttled'
  | 'busy'

/** The facts of one drop that its caller gets. */
export interface DropFacts {
  readonly reason: DropReason
  /** How long the request had waited, in milliseconds. */
  readonly waitedMs: number
  /** How many other requests were still waiting when it was dropped. */
  readonly queueLength: number
  /** How long after the drop a retry is likely to help, in milliseconds; undefined if not known. */
  readonly retryAfterMs?: number | undefined
}

/**
 * The request was never started: too much work was ahead of it, or earlier requests failed. It is safe to retry, preferably
 * later.
 */
export class DroppedError extends GenPoolError implements DropFacts {
  readonly code = 'ERR_GENPOOL_DROPPED'
  readonly reason: DropReason
  readonly waitedMs: number
  readonly queueLength: number
  readonly retryAfterMs: number | undefined

  constructor(
    /** The name of the pool or broker. */
    readonly target: string,
    facts: DropFacts,
  ) {
    const { reason, waitedMs, queueLength, retryAfterMs } = factsFrom(facts)
    super(
      `"${textOf(target)}" dropped a request after ${round(waitedMs)} ms (${textOf(reason)}, ${textOf(queueLength)} waiting): ${REMEDIES[textOf(reason) as DropReason] ?? 'the reason is not known.'}` +
        (retryAfterMs === undefined ? '' : ` Retry in ${round(retryAfterMs)} ms.`),
    )
    this.reason = reason
    this.waitedMs = waitedMs
    this.queueLength = queueLength
    this.retryAfterMs = retryAfterMs
  }
}

/** The facts, whatever was given: an error that cannot be made hides what happened. */
function factsFrom(facts: DropFacts): DropFacts {
  try {
    const { reason, waitedMs, queueLength, retryAfterMs } = facts
    return { reason, waitedMs, queueLength, retryAfterMs }
  } catch {
    return {} as DropFacts
  }
}

const REMEDIES: Readonly<Partial<Record<DropReason, string>>> = {
  max: 'the queue is full. Raise "max", add members, or send fewer requests.',
  timeout: 'it waited longer than the queue allows. Add members, raise "timeout", or send fewer requests.',
  codel: 'requests arrive faster than members free up. Add members, raise "target", or send fewer requests.',
  priority: 'the queue is full and more urgent requests came. Raise "max" or "priority", or send fewer requests.',
  forecast: 'its predicted wait is too long. Add members, raise "target", or send fewer requests.',
  budget: 'too little time was left to run it before its deadline. Allow more time, or add members.',
  expired: 'its deadline passed while it waited. Allow more time, or add members.',
  protector: 'the broker is overloaded and refuses a share of all requests. Add members, or send fewer requests.',
  rate: 'requests arrive faster than the limit allows. Raise "limit", or send fewer requests.',
  breaker:
    'handlers or starts keep failing; requests are refused until one succeeds. Look for the cause of the crashes.',
  throttled:
    'most earlier requests were refused, so this one was refused at once. Add members, or send fewer requests.',
  overload: 'the overload alarm is set. Add members, or send fewer requests.',
  busy: 'no member was idle, and the request asked not to wait. Use "ask" instead of "nbAsk", or add members.',
}
