import { type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { type LeafContext, LeafQueue, type LeafRules } from './leaf-queue'
import { type Queue } from './queue'
import { leafShape, toLeafRules } from './leaf-options'
import { type Waiting } from './waiting'

/** Options of a `dropQueue`. */
export const dropOptions = z.strictObject({ type: z.literal('drop').default('drop'), ...leafShape })
export type DropOptions = z.input<typeof dropOptions>

/** A queue that is bounded by its length only, and never drops by age. See `dropQueue`. */
export class DropQueue<E extends Waiting> extends LeafQueue<E, LeafRules> {
  constructor(rules: LeafRules, now: Nanos, items: Iterable<E>, context?: LeafContext<E>) {
    super(rules, context)
    this.adopt(items)
    this.cut(now)
  }

  enqueue(entry: E, now: Nanos): void {
    this.beginWith(entry)
    if (this.list.length < this.rules.max) this.append(entry)
    else if (!this.makesRoom) this.drop(entry, 'max', now)
    else {
      this.dropFirst('max', now)
      this.append(entry)
    }
  }

  dequeue(_now: Nanos): E | null {
    this.begin()
    const entry = this.rules.lifo ? this.list.last : this.list.first
    return entry === null ? null : this.take(entry)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkDropOptions(options), now)
  }

  apply(rules: LeafRules, now: Nanos): void {
    this.begin()
    this.rules = rules
    this.cut(now)
  }

  protected whenChanged(_now: Nanos): null {
    return null
  }
}

function checkDropOptions(options: unknown): LeafRules {
  return toLeafRules(parseOptions(dropOptions, options, 'options of a drop queue'))
}

/**
 * A queue that is bounded by its length only: requests wait until they are served, cancelled, or pushed out.
 *
 * Use it for batches, and wherever callers bring deadlines of their own.
 *
 * @param options `order` fifo, `dropFrom` tail, `max` unbounded
 * @param items requests that wait already, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 */
export function dropQueue<E extends Waiting>(options: DropOptions, now: Nanos, items: Iterable<E> = []): Queue<E> {
  return new DropQueue<E>(checkDropOptions(options), now, items)
}
