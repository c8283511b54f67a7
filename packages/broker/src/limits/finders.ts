import { type Waiting } from '../queues/waiting'
import { type KeyedLimit } from './keyed-limit'
import { type CheckedRateOptions } from './limit-options'

/** What finds the cost of a message in one rate. */
export interface CostFinder {
  /** The option; undefined if each message costs 1. */
  readonly from: CheckedRateOptions['cost']
  /** What may begin at once. */
  readonly most: number
}

export const ONE_EACH: CostFinder = Object.freeze({ from: undefined, most: Infinity })

/** What finds the keys and the costs of messages. What was found for a request is not looked for again as long as this is the same. */
export interface Finders<E extends Waiting> {
  readonly keyed: KeyedLimit<E> | null
  readonly rated: KeyedLimit<E> | null
  readonly keyedCost: CostFinder
  readonly cost: CostFinder
}
