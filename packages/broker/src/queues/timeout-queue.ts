import { checkTime, inOrder, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { ageShape, leafShape, millisecondsOrInfinity, toAgeRules, toNanos } from './leaf-options'
import { type AgeRules, LeafQueue, type LeafContext } from './leaf-queue'
import { type Queue } from './queue'
import { type Waiting } from './waiting'

/** Options of a `timeoutQueue`. */
export const timeoutOptions = z
  .strictObject({
    type: z.literal('timeout').default('timeout'),
    ...leafShape,
    ...ageShape,
    timeout: millisecondsOrInfinity.default(5000).describe('The longest that a request may wait, in milliseconds.'),
  })
  .refine(...inOrder('min', 'max'))
export type TimeoutOptions = z.input<typeof timeoutOptions>

/** The options in internal units. */
export interface TimeoutRules extends AgeRules {
  readonly timeout: Nanos
}

/** A queue with a maximum age. See `timeoutQueue`. */
export class TimeoutQueue<E extends Waiting> extends LeafQueue<E, TimeoutRules> {
  /** No request expires before this time. It may come from a request that is gone, so it may be too early, never too late. */
  #due!: Nanos

  constructor(rules: TimeoutRules, now: Nanos, items: Iterable<E>, context?: LeafContext<E>) {
    super(rules, context)
    this.adopt(items)
    this.#restart(now)
  }

  enqueue(entry: E, now: Nanos): void {
    this.beginWith(entry)
    if (this.list.length < this.rules.max) {
      this.append(entry)
      this.decision.wakeAt = this.#afterEnqueue(this.#due, now)
    } else if (!this.makesRoom) {
      this.drop(entry, 'max', now)
      this.decision.wakeAt = this.whenChanged(now)
    } else {
      const expiry = this.#expiry(this.dropFirst('max', now))
      this.append(entry)
      this.decision.wakeAt = this.#afterEnqueue(expiry, now)
    }
  }

  dequeue(now: Nanos): E | null {
    this.begin()
    if (this.list.length === 0) return null
    return this.rules.lifo ? this.#takeNewest(now) : this.#takeOldest(now)
  }

  override readmit(entry: E): void {
    super.readmit(entry)
    this.#due = Math.min(this.#due, this.#expiry(entry))
  }

  override rejoin(entry: E): void {
    super.rejoin(entry)
    this.#due = Math.min(this.#due, this.#expiry(entry))
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkTimeoutOptions(options), now)
  }

  apply(rules: TimeoutRules, now: Nanos): void {
    this.begin()
    this.rules = rules
    this.#restart(now)
  }

  protected whenChanged(now: Nanos): Nanos | null {
    if (this.list.length <= this.rules.min) return null
    return this.#due > now ? moment(this.#due) : this.#sweep(this.rules.min, now)
  }

  /** Drops down to `max` and checks all ages again, as nothing is known about them. */
  #restart(now: Nanos): void {
    this.#due = this.rules.timeout === Infinity ? Infinity : now
    this.cut(now)
    this.decision.wakeAt = this.whenChanged(now)
  }

  #expiry(entry: E): Nanos {
    return entry.sentAt + this.rules.timeout
  }

  #afterEnqueue(due: Nanos, now: Nanos): Nanos | null {
    const covered = this.list.length <= this.rules.min
    if (!covered && due <= now) return this.#sweep(this.rules.min, now)
    this.#due = due
    return covered ? null : moment(due)
  }

  /** Drops expired requests from the front, and keeps at least `least`. Call it only with more than `least` waiting. */
  #sweep(least: number, now: Nanos): Nanos | null {
    let due = this.#expiry(this.list.first as E)
    while (due <= now) {
      this.dropFirst('timeout', now)
      if (this.list.length <= least) break
      due = this.#expiry(this.list.first as E)
    }
    this.#due = due
    return due > now && this.list.length > least ? moment(due) : null
  }

  #takeOldest(now: Nanos): E | null {
    for (;;) {
      const entry = this.take(this.list.first as E)
      const left = this.list.length
      if (left < this.rules.min) return entry
      const due = this.#expiry(entry)
      if (due > now) {
        this.#due = due
        this.decision.wakeAt = left > this.rules.min ? moment(due) : null
        return entry
      }
      this.drop(entry, 'timeout', now)
      if (left === 0) {
        this.#due = due
        return null
      }
    }
  }

  #takeNewest(now: Nanos): E | null {
    const entry = this.take(this.list.last as E)
    const left = this.list.length
    if (left < this.rules.min) return entry
    if (this.#due > now) {
      this.decision.wakeAt = left > this.rules.min ? moment(this.#due) : null
      return entry
    }
    if (this.#expiry(entry) <= now) return this.#takeExpired(entry, now)
    // The request that is being served counts towards `min`.
    if (left > 0) this.decision.wakeAt = this.#sweep(Math.max(this.rules.min - 1, 0), now)
    return entry
  }

  /** Handles an expired newest request: all others have expired, too. It is served anyway if `min` protects it. */
  #takeExpired(newest: E, now: Nanos): E | null {
    const { min } = this.rules
    while (this.list.length > Math.max(min - 1, 0)) this.dropFirst('timeout', now)
    this.#due = this.#expiry(this.list.first ?? newest)
    if (min > 0) return newest
    this.drop(newest, 'timeout', now)
    return null
  }
}

/** Converts a time for a decision: `Infinity` becomes null. */
function moment(at: Nanos): Nanos | null {
  return at === Infinity ? null : at
}

/** Converts checked options to rules. */
export function toTimeoutRules(options: z.output<typeof timeoutOptions>): TimeoutRules {
  return { ...toAgeRules(options), timeout: toNanos(options.timeout) }
}

function checkTimeoutOptions(options: unknown): TimeoutRules {
  return toTimeoutRules(parseOptions(timeoutOptions, options, 'options of a timeout queue'))
}

/**
 * A queue that drops requests that have waited for `timeout`.
 *
 * Use it where callers have given up by then. In a lasting overload it serves only requests that are almost too old;
 * `codelQueue` is then better.
 *
 * @param options milliseconds; `timeout` 5000, `order` fifo, `dropFrom` tail, `min` 0, `max` unbounded
 * @param items requests that are already waiting, oldest first
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sbroker_timeout_queue
 * @example const queue = timeoutQueue<Waiting>({ type: 'timeout', timeout: 500 }, 0)
 */
export function timeoutQueue<E extends Waiting>(
  options: TimeoutOptions,
  now: Nanos,
  items: Iterable<E> = [],
): Queue<E> {
  checkTime('timeoutQueue', now)
  return new TimeoutQueue<E>(checkTimeoutOptions(options), now, items)
}
