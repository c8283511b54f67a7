import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { codelOptions } from './codel-options'
import { dropOptions } from './drop-queue'
import { fairOptions } from './fair-options'
import { FairQueue } from './fair-queue'
import { createLeaf, reconfigureLeaf } from './leaf'
import { type Queue, type QueueFactory } from './queue'
import { timeoutOptions } from './timeout-queue'
import { usersQueue } from './users-queue'
import { type Waiting } from './waiting'

/** A queue by its options (without a `type`, those of a drop queue), or a function that makes one of your own. */
export const queueOptions = z
  .union([
    z.discriminatedUnion('type', [dropOptions, timeoutOptions, codelOptions, fairOptions]),
    dropOptions,
    z.custom<QueueFactory>((value) => typeof value === 'function', 'expected a function (now, items) => queue'),
  ])
  .describe('The options of a queue (`type` is `drop` unless given), or a function (now, items) => queue.')
export type QueueOptions = z.input<typeof queueOptions>
export type CheckedQueueOptions = z.output<typeof queueOptions>

/** Makes a queue from checked options; `items` are already waiting. */
export function createQueue<E extends Waiting>(
  options: CheckedQueueOptions,
  now: Nanos,
  items: readonly E[] = [],
): Queue<E> {
  if (typeof options === 'function') return usersQueue((options as unknown as QueueFactory<E>)(now, items))
  return options.type === 'fair' ? new FairQueue<E>(options, now, items) : createLeaf<E>(options, now, items)
}

/** The old and the new options of a queue. */
export interface QueueChange {
  readonly from: CheckedQueueOptions
  readonly to: CheckedQueueOptions
}

/**
 * Gives a queue new options. If they are of the same type, they are changed in place; otherwise a new queue takes over the
 * waiting requests. A user's own queue stays if the same function would make it.
 *
 * @returns the queue to use from now on, with its decision about the change
 */
export function reconfigureQueue<E extends Waiting>(queue: Queue<E>, { from, to }: QueueChange, now: Nanos): Queue<E> {
  if (typeof to === 'function') {
    if (to !== from) return createQueue<E>(to, now, queue.drain())
    queue.timeout(now)
    return queue
  }
  // A user's function may return one of these queues with its own behaviour.
  if (typeof from === 'function') return createQueue<E>(to, now, queue.drain())
  if (to.type !== 'fair') return reconfigureLeaf(queue, to, now) ? queue : createQueue<E>(to, now, queue.drain())
  if (!(queue instanceof FairQueue)) return createQueue<E>(to, now, queue.drain())
  queue.apply(to, now)
  return queue
}
