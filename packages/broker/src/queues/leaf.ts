import { keepShape, type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { codelOptions, toCodelRules } from './codel-options'
import { CodelQueue } from './codel-queue'
import { DropQueue, dropOptions, toDropRules } from './drop-queue'
import { PackedQueue } from './packed-queue'
import { type LeafContext } from './leaf-queue'
import { TagIndex } from './tag-index'
import { TimeoutQueue, timeoutOptions, toTimeoutRules } from './timeout-queue'
import { type Waiting } from './waiting'

/** The options of a queue that holds requests itself; without a `type`, those of a drop queue. */
export const leafOptions = z.union([
  z.discriminatedUnion('type', [dropOptions, timeoutOptions, codelOptions]),
  dropOptions,
])
export type CheckedLeafOptions = z.output<typeof leafOptions>

/** A queue that holds requests itself. */
export type Leaf<E extends Waiting> = DropQueue<E> | TimeoutQueue<E> | CodelQueue<E>

/** Makes a queue from checked options. */
export function createLeaf<E extends Waiting>(
  options: CheckedLeafOptions,
  now: Nanos,
  items: Iterable<E>,
  context?: LeafContext<E>,
): Leaf<E> {
  if (options.type === 'drop') {
    const Queue = context === undefined ? PackedQueue : DropQueue
    return new Queue<E>(toDropRules(options), now, items, context)
  }
  if (options.type === 'timeout') return new TimeoutQueue<E>(toTimeoutRules(options), now, items, context)
  return new CodelQueue<E>(toCodelRules(options), now, items, context)
}

/** Gives a queue new options of its own type; false, and nothing changes, if they are of another type. */
export function reconfigureLeaf(queue: unknown, options: CheckedLeafOptions, now: Nanos): boolean {
  if (options.type === 'drop' && queue instanceof DropQueue) queue.apply(toDropRules(options), now)
  else if (options.type === 'timeout' && queue instanceof TimeoutQueue) queue.apply(toTimeoutRules(options), now)
  else if (options.type === 'codel' && queue instanceof CodelQueue) queue.apply(toCodelRules(options), now)
  else return false
  return true
}

// The queues of keys and of priorities come and go.
for (const type of ['drop', 'timeout', 'codel'] as const) {
  keepShape(createLeaf(leafOptions.parse({ type }), 0, [], { holder: null, tags: new TagIndex() }))
}
