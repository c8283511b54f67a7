import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { dropOptions, dropQueue } from './drop-queue'
import { type Queue, type QueueFactory } from './queue'
import { type Waiting } from './waiting'

/** A queue by its options, or a function that makes one of your own. */
export const queueOptions = z
  .union([
    z.discriminatedUnion('type', [dropOptions.required({ type: true })]),
    z.custom<QueueFactory>(
      (value) => typeof value === 'function',
      'expected the options of a queue or a queue factory',
    ),
  ])
  .describe('The options of a queue, or a function (now, items) => queue.')
export type QueueOptions = z.input<typeof queueOptions>
export type CheckedQueueOptions = z.output<typeof queueOptions>

/** Makes the queue that checked options stand for, over requests that wait already. */
export function createQueue<E extends Waiting>(
  options: CheckedQueueOptions,
  now: Nanos,
  items: readonly E[] = [],
): Queue<E> {
  if (typeof options === 'function') return (options as unknown as QueueFactory<E>)(now, items)
  return dropQueue(options, now, items)
}
