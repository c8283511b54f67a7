import { dropOptions } from '../queues/drop-queue'
import { type CheckedLeafOptions } from '../queues/leaf'
import { type CheckedQueueOptions } from '../queues/queue-options'

function leafOf(client: CheckedQueueOptions): CheckedLeafOptions {
  if (typeof client === 'function') return dropOptions.parse({ order: 'fifo' })
  return client.type === 'fair' ? client.queue : client
}

/** A lane has the same order and the same rule for ages as the queue itself, but no bound. */
export function laneQueue(client: CheckedQueueOptions): CheckedLeafOptions {
  const leaf = leafOf(client)
  const unbounded = { dropFrom: 'tail', max: Infinity } as const
  return leaf.type === 'drop' ? { ...leaf, ...unbounded } : { ...leaf, ...unbounded, min: 0 }
}

/** Whether keys take turns in the queue, as far as is known. */
export function isFair(client: CheckedQueueOptions): boolean {
  return typeof client === 'function' || client.type === 'fair'
}

export function isNewestFirst(client: CheckedQueueOptions): boolean {
  return leafOf(client).order === 'lifo'
}

/** Whether the oldest makes room for a new one in a queue that is full. A fair queue bounds each of its keys itself. */
export function dropsOldest(client: CheckedQueueOptions): boolean {
  return typeof client !== 'function' && client.type !== 'fair' && client.dropFrom === 'head' && client.max > 0
}
