import { GenPoolError, round } from '@genpool/runtime'

export { InvalidError } from '@genpool/runtime'

/**
 * Why a request was not served.
 *
 * - `max`: the queue was full
 * - `timeout`: it waited longer than the queue's `timeout`
 * - `codel`: waits stayed above `target` for a whole `interval`
 * - `priority`: the queue was full and something more urgent came
 * - `forecast`: the wait ahead was predicted to be too long
 * - `budget`: too little time was left before its deadline to run it
 * - `expired`: its deadline had passed; owners report it as `ExpiredError`
 * - `protector`: refused with the probability that a meter announced
 * - `rate`: refused by a limit on the rate
 * - `overload`: an overload alarm was set
 * - `breaker`: those before it crashed; a pool's circuit breaker is open
 * - `throttled`: so many of those before it were refused that a share of the newcomers is refused at once
 * - `busy`: it did not want to wait, and there was nobody to serve it
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

/** The facts of one drop, as its caller is told. */
export interface DropFacts {
  readonly reason: DropReason
  /** How long the request had waited, in milliseconds. */
  readonly waitedMs: number
  /** How many requests went on waiting when it was dropped. */
  readonly queueLength: number
  /** When trying again is likely to help, in milliseconds from the drop, if that is known. */
  readonly retryAfterMs?: number | undefined
}

/**
 * The request was never started, because of too much work ahead of it, or because those before it failed. Safe to retry,
 * preferably later.
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
    const { reason, waitedMs, queueLength, retryAfterMs } = facts
    super(
      `"${target}" dropped a request after ${round(waitedMs)} ms (${reason}, ${queueLength} waiting): ${REMEDIES[reason]}` +
        (retryAfterMs === undefined ? '' : ` Try again in ${round(retryAfterMs)} ms.`),
    )
    this.reason = reason
    this.waitedMs = waitedMs
    this.queueLength = queueLength
    this.retryAfterMs = retryAfterMs
  }
}

const REMEDIES: Readonly<Record<DropReason, string>> = {
  max: 'the queue is full. Raise "max", add members, or send fewer requests.',
  timeout: 'it waited longer than the queue allows. Add members, raise "timeout", or send fewer requests.',
  codel: 'requests arrive faster than members free up. Add members, raise "target", or send fewer requests.',
  priority: 'the queue is full and more urgent requests came. Raise "max" or "priority", or send fewer requests.',
  forecast: 'the work ahead of it takes too long. Add members, raise "target", or send fewer requests.',
  budget: 'too little time was left to run it before its deadline. Allow more time, or add members.',
  expired: 'its deadline passed while it waited. Allow more time, or add members.',
  protector: 'the broker is overloaded and refuses a share of all requests. Add members, or send fewer requests.',
  rate: 'requests come faster than the limit allows. Raise "limit", or send fewer requests.',
  breaker:
    'handlers or starts keep failing, and until they succeed nobody is let through. Look for the cause of the crashes.',
  throttled:
    'most requests before it were refused, so this one was not even queued. Add members, or send fewer requests.',
  overload: 'the overload alarm is set. Add members, or send fewer requests.',
  busy: 'it did not want to wait and nobody was ready to serve it. Ask in a way that waits, or add members.',
}
