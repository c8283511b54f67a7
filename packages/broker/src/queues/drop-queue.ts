import { checkTime, type Nanos, parseOptions } from '@genpool/runtime'
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
      'Which request is served first: the oldest (`fifo`), the newest (`lifo`), or the oldest unless it has used more than ' +
        'half of its time and the newest has not (`adaptive`).',
    ),
})
export type DropOptions = z.input<typeof dropOptions>

/** The options in internal units. */
export interface DropRules extends LeafRules {
  /** Whether to serve the newest first while the oldest runs out of time, independent of `lifo`. */
  readonly adaptive: boolean
}

/** A queue with a bound on its length only; it never drops by age. See `dropQueue`. */
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

  /**
   * Fast path: `enqueue` if no rule applies; otherwise (full, or a tag) returns false and changes nothing.
   *
   * @throws {InvalidError} if the entry is already queued; nothing changes then
   */
  tryEnqueue(entry: E): boolean {
    if (this.list.length >= this.rules.max || entry.tag !== undefined) return false
    this.list.push(entry)
    return true
  }

  /**
   * Fast path: what `dequeue` takes if no rule applies: the oldest, if it has more than `enough` and half of its time left; otherwise
   * null.
   */
  peek(now: Nanos, enough: Nanos): E | null {
    const { first } = this.list
    if (first === null || this.rules.lifo || first.tag !== undefined) return null
    return first.deadline - now > enough && !isLate(first, now) ? first : null
  }

  /** Takes out one without a tag; false if it is not here. */
  tryTake(entry: E): boolean {
    return this.list.remove(entry)
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

  /** Whether the newest is served next. */
  protected newestIsNext(now: Nanos): boolean {
    if (!this.rules.adaptive) return this.rules.lifo
    const { first, last } = this.list
    return first !== null && isLate(first, now) && !isLate(last as E, now)
  }
}

/** Whether a request has used more than half of its time. The place that it has may be older than itself. */
export function isLate(entry: Pick<Waiting, 'sentAt' | 'cameAt' | 'deadline'>, now: Nanos): boolean {
  const left = entry.deadline - now
  return now - entry.sentAt > left && now - entry.cameAt > left
}

/** Converts checked options to rules. */
export function toDropRules(options: z.output<typeof dropOptions>): DropRules {
  let rules = rulesOf.get(options)
  if (rules === undefined) {
    const { lifo, dropHead, max } = toLeafRules(options)
    rulesOf.set(options, (rules = { lifo, dropHead, max, adaptive: options.order === 'adaptive' }))
  }
  return rules
}
/** Queues with the same options share their rules: of ten thousand brokers, each has two. */
const rulesOf = new WeakMap<object, DropRules>()

function checkDropOptions(options: unknown): DropRules {
  return toDropRules(parseOptions(dropOptions, options, 'options of a drop queue'))
}

/**
 * A queue with a bound on its length only: requests wait until they are served, cancelled, or pushed out.
 *
 * Use it for batches, and where callers set their own deadlines. With `fifo`, a lasting overload serves only requests whose
 * callers are about to give up. `adaptive` is `fifo`, but serves the newest while the oldest is running out of time; without
 * deadlines it is the same as `fifo`.
 *
 * @param options `order` adaptive, `dropFrom` tail, `max` unbounded
 * @param items requests that are already waiting, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @example const queue = dropQueue<Waiting>({ type: 'drop', max: 100 }, 0)
 */
export function dropQueue<E extends Waiting>(options: DropOptions, now: Nanos, items: Iterable<E> = []): Queue<E> {
  checkTime('dropQueue', now)
  return new DropQueue<E>(checkDropOptions(options), now, items)
}
