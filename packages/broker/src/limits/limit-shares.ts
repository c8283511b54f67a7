import { type Fault } from '@genpool/runtime'
import { sameBy } from '../queues/fair-keys'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type CheckedLimitsOptions, toFairBy } from './limit-options'

/**
 * The queue with which keys share the members by weight: a fair queue by the key of the limits, in which each key has the queue
 * that the options say. Without weights it is that queue itself.
 */
export function sharedByWeight(client: CheckedQueueOptions, limits: false | CheckedLimitsOptions): CheckedQueueOptions {
  if (limits === false || limits.weight === undefined || typeof client === 'function') return client
  const { weight } = limits
  return client.type === 'fair'
    ? { ...client, weight }
    : { type: 'fair', by: toFairBy(limits.by), queue: client, weight }
}

/** Why keys cannot share the members by weight in this queue; undefined if they can, or have no weights. */
export function faultOfWeight(client: CheckedQueueOptions, limits: false | CheckedLimitsOptions): Fault | undefined {
  if (limits === false || limits.weight === undefined) return undefined
  if (typeof client === 'function') return wrong('it needs a queue of this package, and "client" makes its own')
  if (client.type !== 'fair') return undefined
  if (client.weight !== undefined && client.weight !== limits.weight)
    return wrong('the fair queue has a "weight" of its own; set only one of them')
  if (sameBy(client.by, toFairBy(limits.by))) return undefined
  return wrong('the fair queue has another key; give its "by" and the "by" of "limits" the same value')
}

function wrong(message: string): Fault {
  return { path: ['limits', 'weight'], message }
}
