import { inOrder, letGo, showValue } from '@genpool/runtime'
import { z } from 'zod'
import { InvalidError } from '../errors'
import { type FairBy, type FunctionOf, identifyOf, type Key, keyFunction, propertyOf } from '../queues/fair-keys'
import { fairWeight } from '../queues/fair-weight'
import { countOrInfinity, toNanos } from '../queues/leaf-options'
import { type RateRules } from './begins'

const name = z.string().min(1).describe('The property of the message.')
const fn = <F>(what: string): z.ZodCustom<F, F> => z.custom<F>((value) => typeof value === 'function', what)
const by = z.union([name, fn<FunctionOf<Key>>('expected a function (message) => key')])
const cost = z.union([name, fn<FunctionOf<number>>('expected a function (message) => cost')])
const count = z.number().int().positive()

const rateShape = {
  limit: count.describe('The greatest cost that may begin within any `interval`.'),
  interval: z.number().positive().default(1000).describe('The length of the window, in milliseconds.'),
  burst: count
    .optional()
    .describe('The greatest cost that may begin at once; the rest is spread evenly. Default: `limit`, all at once.'),
  cost: cost
    .optional()
    .describe(
      'What a message costs, a whole number: a property of it, or a function. Default: 1 each, also of a message without the property.',
    ),
}

const isOrdered = inOrder('burst', 'limit')
const burstInLimit = [
  (options: { readonly limit: number; readonly burst?: number | undefined }): boolean =>
    options.burst === undefined || options.burst <= options.limit,
  isOrdered[1],
] as const

/** Options of a rate of work. */
export const rateOptions = z
  .strictObject({
    ...rateShape,
    by: by
      .optional()
      .describe(
        'Gives each key a rate of its own: a property of the message, or a function. A message without a key has no limit.',
      ),
  })
  .refine(...burstInLimit)
export type RateOptions = z.input<typeof rateOptions>
export type CheckedRateOptions = z.output<typeof rateOptions>

/** Options of limits per key. */
export const limitsOptions = z.strictObject({
  by: by.describe(
    'The key of a message: a property of it, or a function. A message without a key has no limits. Alone, it limits nothing: ' +
      'it names the keys that `ctx.backOff` holds back.',
  ),
  concurrency: z
    .union([count, z.literal(Infinity)])
    .default(Infinity)
    .describe('How many messages of one key may run at once.'),
  rate: z
    .union([z.literal(false), z.strictObject(rateShape).refine(...burstInLimit)])
    .default(false)
    .describe('How many messages of one key may begin within any interval.'),
  weight: fairWeight
    .optional()
    .describe(
      'Lets keys share the members by weight, in a fair queue: a weight >= 1 for each key, or a function. Each key then has a ' +
        'queue of its own with the options of the queue, such as its `max`. Default: no shares.',
    ),
  max: countOrInfinity
    .default(Infinity)
    .describe('How many messages of one key may wait; further ones are dropped. What waits already stays.'),
})
export type LimitsOptions = z.input<typeof limitsOptions>
export type CheckedLimitsOptions = z.output<typeof limitsOptions>

/** The share of the limits in the options of a broker and of a pool. */
export const limitShape = {
  rate: z
    .union([z.literal(false), rateOptions])
    .default(false)
    .describe('A rate of work: at most `limit` begin within any `interval`, the others wait. `false`: no limit.'),
  limits: z
    .union([z.literal(false), limitsOptions])
    .default(false)
    .describe('Limits for each key, such as a user or a tenant: others wait and hold nobody back. `false`: none.'),
}

export function toRateRules({ limit, interval, burst }: Pick<CheckedRateOptions, keyof RateRules>): RateRules {
  return { limit, interval: toNanos(interval), burst: burst ?? limit }
}

/** Where a fair queue finds the same keys. */
export function toFairBy(from: CheckedLimitsOptions['by']): FairBy {
  return typeof from === 'string' ? { property: from } : from
}

/** Whose key it is, as errors say it. */
const LIMIT = 'a limit, which "limits.by" or "rate.by" finds,'

/** Returns the function that finds the key by which lanes are kept. */
export function keyOf(from: CheckedLimitsOptions['by']): (message: unknown) => unknown {
  if (typeof from === 'string') return (message) => keyIn(message, from)
  const find = keyFunction(from, '"by"')
  return (message) => identifyOf(LIMIT, find(message))
}

/** The key of a message in one of its properties. Fast path: a text is its own id, unless it looks like that of an object. */
export function keyIn(message: unknown, property: string): unknown {
  const key = propertyOf(message, property)
  return typeof key === 'string' && key.charCodeAt(0) > 0 ? key : identifyOf(LIMIT, key)
}

/** Returns the function that finds the cost of a message; null if each costs 1. It throws an `InvalidError` for a wrong cost. */
export function costOf(from: CheckedRateOptions['cost'], { limit, burst }: RateRules): CostOf | null {
  if (from === undefined) return null
  const find = keyFunction(toFairBy(from), '"cost"')
  const most = Math.min(limit, burst)
  return (message) => {
    const value = find(message)
    // A type of message without that property costs what each costs by default. A function says what it means.
    if (value === undefined && typeof from === 'string') return 1
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      letGo(value)
      throw wrongCost(`expected a whole number >= 0 as the "cost" of a message, got ${showValue(value)}`)
    }
    return mayBegin(value, most)
  }
}
export type CostOf = (message: unknown) => number

/** @throws {InvalidError} if a cost is more than may ever begin at once */
export function mayBegin(cost: number, most: number): number {
  if (cost <= most) return cost
  throw wrongCost(`it costs ${cost}, and no more than ${most} may ever begin at once. Raise "limit" or "burst"`)
}

function wrongCost(message: string): InvalidError {
  return new InvalidError('request', [{ path: ['cost'], message }])
}
