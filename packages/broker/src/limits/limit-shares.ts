import { OptionsError } from '@genpool/runtime'
import { sameBy } from '../queues/fair-keys'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type CheckedLimitsOptions, toFairBy } from './limit-options'

/**
 * The queue with which keys share the members by weight: a fair queue by the key of the limits, in which each key has the queue
 * that the options say. Without weights it is that queue itself.
 *
 * @throws {OptionsError} if the queue is the user's own, or a fair one with another key or with weights of its own
 */
export function sharedByWeight(client: CheckedQueueOptions, limits: false | CheckedLimitsOptions): CheckedQueueOptions {
  if (limits === false || limits.weight === undefined) return client
  const by = toFairBy(limits.by)
  const { weight } = limits
  if (typeof client === 'function') throw wrong('it needs a queue of this package, and "client" makes its own')
  if (client.type !== 'fair') return { type: 'fair', by, queue: client, weight }
  if (client.weight !== undefined && client.weight !== weight)
    throw wrong('the fair queue has a "weight" of its own; set only one of them')
  if (sameBy(client.by, by)) return { ...client, weight }
  throw wrong('the fair queue has another key; give its "by" and the "by" of "limits" the same value')
}

function wrong(message: string): OptionsError {
  return new OptionsError(`"limits.weight" is wrong: ${message}.`, [{ path: ['limits', 'weight'], message }])
}
