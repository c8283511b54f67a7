import { GenPoolError, type Remedy, round, textOf } from '@genpool/runtime'

export { InvalidError } from '@genpool/runtime'

/**
 * Why a request was not served.
 *
 * - `max`: the queue was full, or as many of its key waited as `limits.max` allows
 * - `timeout`: it waited longer than the queue's `timeout`
 * - `codel`: waits stayed above `target` for a whole `interval`
 * - `priority`: as many waited as may, in the queue or of one key, and something more urgent came
 * - `forecast`: the predicted wait was too long
 * - `budget`: too little time was left before its deadline to run it
 * - `expired`: its deadline passed while it waited; its caller gets an `ExpiredError`
 * - `protector`: refused by chance, with the probability that a meter computed
 * - `rate`: the limits have changed while it waited, and its key or its cost is not allowed any more
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
 *
 * @example if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) await wait(error.retryAfterMs ?? 100)
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
    /** What to do, in sentences, and the error behind the drop. Default: what helps most pools. */
    remedy?: Remedy,
  ) {
    const { reason, waitedMs, queueLength, retryAfterMs } = factsFrom(facts)
    super(
      `"${textOf(target)}" dropped a request after ${round(waitedMs)} ms (${textOf(reason)}, ${textOf(queueLength)} waiting): ${remedy?.why ?? WHY[textOf(reason) as DropReason] ?? 'the reason is not known'}. ` +
        (remedy?.says ?? REMEDIES[textOf(reason) as DropReason] ?? '') +
        (retryAfterMs === undefined ? '' : ` Retry in ${round(retryAfterMs)} ms.`),
      remedy?.cause === undefined ? undefined : { cause: remedy.cause },
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

const WHY: Readonly<Partial<Record<DropReason, string>>> = {
  max: 'the queue was full',
  timeout: 'it waited longer than the queue allows',
  codel: 'waits stayed above the target for a whole interval',
  priority: 'as many waited as may, and a more urgent request came',
  forecast: 'its predicted wait was too long',
  budget: 'too little time was left to run it before its deadline',
  expired: 'its deadline passed while it waited',
  protector: 'a share of all requests is refused while waits are long',
  rate: 'the limits have changed while it waited, and they refuse its key or its cost, or it costs more than may ever begin',
  breaker: 'earlier requests or starts keep failing, and requests are refused until one succeeds',
  throttled: 'many earlier requests were refused, so this one was refused at once',
  overload: 'the overload alarm is set',
  busy: 'no member was idle, and the request asked not to wait',
}

const REMEDIES: Readonly<Partial<Record<DropReason, string>>> = {
  max: 'Raise "max", add members, or send fewer requests.',
  timeout: 'Add members, raise "timeout", or send fewer requests.',
  codel: 'Add members, raise "target", or send fewer requests.',
  priority: 'Raise "max" or "priority", or send fewer requests.',
  forecast: 'Add members, raise "target", or send fewer requests.',
  budget: 'Allow more time, or add members.',
  expired: 'Allow more time, or add members.',
  protector: 'Add members, or send fewer requests.',
  rate: 'Give "by" and "cost" what accepts the requests that wait, or raise "limit" and "burst". A retry is refused with the reason.',
  breaker: 'Look for the cause of the crashes.',
  throttled: 'Add members, or send fewer requests.',
  overload: 'Add members, or send fewer requests.',
  busy: 'Use "ask" instead of "nbAsk", or add members.',
}
