import { type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { type LeafContext, LeafQueue, type LeafRules } from './leaf-queue'
import { type Queue } from './queue'
import { leafShape, toLeafRules } from './leaf-options'
import { type Waiting } from './waiting'

/** Options of a `dropQueue`. */
export const dropOptions = z.strictObject({
  type: z.literal('drop').default('drop'),
  ...leafShape,
  order: z
    .enum(['fifo', 'lifo', 'adaptive'])
    .default('adaptive')
    .describe(
      'Which request is served first: the oldest, the newest, or (`adaptive`) the oldest unless it has used more than half of ' +
        'its time and the newest has not.',
    ),
})
export type DropOptions = z.input<typeof dropOptions>

/** The options in the units of the inside. */
export interface DropRules extends LeafRules {
  /** Newest first while the oldest runs out of time, whatever `lifo` says. */
  readonly adaptive: boolean
}

/** A queue that is bounded by its length only, and never drops by age. See `dropQueue`. */
export class DropQueue<E extends Waiting> extends LeafQueue<E, DropRules> {
  constructor(rules: DropRules, now: Nanos, items: Iterable<E>, context?: LeafContext<E>) {
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

  dequeue(now: Nanos): E | null {
    this.begin()
    const entry = this.newestIsNext(now) ? this.list.last : this.list.first
    return entry === null ? null : this.take(entry)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkDropOptions(options), now)
  }

  apply(rules: DropRules, now: Nanos): void {
    this.begin()
    this.rules = rules
    this.cut(now)
  }

  protected whenChanged(_now: Nanos): null {
    return null
  }

  /** Whether the next to be served is the newest. */
  protected newestIsNext(now: Nanos): boolean {
    if (!this.rules.adaptive) return this.rules.lifo
    const { first, last } = this.list
    return first !== null && isLate(first, now) && !isLate(last as E, now)
  }
}

/** Whether more than half of its time is over. */
export function isLate({ sentAt, deadline }: Waiting, now: Nanos): boolean {
  return now - sentAt > deadline - now
}

/** The rules that checked options stand for. */
export function toDropRules(options: z.output<typeof dropOptions>): DropRules {
  return { ...toLeafRules(options), adaptive: options.order === 'adaptive' }
}

function checkDropOptions(options: unknown): DropRules {
  return toDropRules(parseOptions(dropOptions, options, 'options of a drop queue'))
}

/**
 * A queue that is bounded by its length only: requests wait until they are served, cancelled, or pushed out.
 *
 * Use it for batches, and wherever callers bring deadlines of their own. In order (`fifo`), a lasting overload serves exactly
 * those that are about to give up. `adaptive` serves in order, too, but turns to the newest while the oldest is running out of
 * time; without deadlines it is `fifo`.
 *
 * @param options `order` adaptive, `dropFrom` tail, `max` unbounded
 * @param items requests that wait already, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 */
export function dropQueue<E extends Waiting>(options: DropOptions, now: Nanos, items: Iterable<E> = []): Queue<E> {
  return new DropQueue<E>(checkDropOptions(options), now, items)
}
