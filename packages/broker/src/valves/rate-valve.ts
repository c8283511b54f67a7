import { checkTime, inOrder, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { toNanos } from '../queues/leaf-options'
import { BoundedValve, type ValveRules } from './bounded-valve'
import { type Valve } from './valve'
import { boundShape } from './valve-shapes'

/** Options of a `rateValve`. */
export const rateValveOptions = z
  .strictObject({
    type: z.literal('rate').default('rate'),
    ...boundShape,
    limit: z.number().int().nonnegative().default(100).describe('How many tasks above `min` may start per `interval`.'),
    interval: z.number().positive().default(1000).describe('The interval of `limit`, in milliseconds.'),
  })
  .refine(...inOrder('min', 'max'))
export type RateValveOptions = z.input<typeof rateValveOptions>

/** The options in internal units. */
export interface RateRules extends ValveRules {
  readonly limit: number
  readonly interval: Nanos
}

/** A valve that limits how many tasks start in an interval. See `rateValve`. */
export class RateValve<T> extends BoundedValve<T, RateRules> {
  /** When each free place above `min` opens, in order of use. The first `#taken` are used up. */
  #slots: Nanos[] = []
  #taken = 0
  /** How many tasks above `min` run in excess of `limit`; their places stay closed after them. */
  #overflow = 0

  constructor(rules: RateRules, now: Nanos, tasks: Iterable<T>) {
    super(rules, now, tasks)
    this.#fill(now)
    this.look(now)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkRateValveOptions(options), now)
  }

  apply(rules: RateRules, now: Nanos): void {
    const shift = rules.interval - this.rules.interval
    this.rules = rules
    this.#slots = this.#slots.slice(this.#taken).map((slot) => slot + shift)
    this.#taken = 0
    this.#fill(now)
    this.look(now)
  }

  protected openSince(): Nanos {
    return this.#slots[this.#taken] ?? Infinity
  }

  protected use(_now: Nanos): Nanos {
    return this.#take()
  }

  /** The place is returned at once and opens again after an interval. */
  protected override reuse(now: Nanos): Nanos {
    this.#take()
    this.#slots.push(now + this.rules.interval)
    return this.smallSince
  }

  protected override sinceBelowMin(): Nanos {
    return Math.min(this.smallSince, this.openSince())
  }

  protected override freed(now: Nanos): void {
    if (this.#overflow > 0) this.#overflow--
    else this.#slots.push(now + this.rules.interval)
  }

  protected override look(now: Nanos): void {
    super.look(now)
    const { min, max } = this.rules
    if (!this.status.open && this.size >= min && this.size < max) this.status.wakeAt = this.status.openAt
  }

  /** Removes surplus places and adds missing ones. */
  #fill(now: Nanos): void {
    const { limit, min, interval } = this.rules
    const places = limit - Math.max(0, this.size - min)
    this.#overflow = Math.max(0, -places)
    this.#slots.length = Math.min(this.#slots.length, Math.max(0, places))
    while (this.#slots.length < places) this.#slots.push(now + interval)
  }

  #take(): Nanos {
    const slot = this.#slots[this.#taken++] ?? Infinity
    if (this.#taken > 64 && this.#taken * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#taken)
      this.#taken = 0
    }
    return slot
  }
}

/** Converts checked options to rules. */
export function toRateRules({ min, max, limit, interval }: z.output<typeof rateValveOptions>): RateRules {
  return { min, max, limit, interval: toNanos(interval) }
}

function checkRateValveOptions(options: unknown): RateRules {
  return toRateRules(parseOptions(rateValveOptions, options, 'options of a rate valve'))
}

/**
 * A valve that lets at most `limit` tasks above `min` start in any `interval`. The first one starts after one interval.
 *
 * Use it where starting is the expensive part: connections, restarts.
 *
 * @param options `interval` 1000 milliseconds, `limit` 100, `min` 0, `max` unbounded
 * @param tasks tasks that are already running
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sregulator_rate_valve
 * @example const valve = rateValve<string>({ type: 'rate', limit: 10, interval: 1000 }, 0)
 */
export function rateValve<T>(options: RateValveOptions, now: Nanos, tasks: Iterable<T> = []): Valve<T> {
  checkTime('rateValve', now)
  return new RateValve<T>(checkRateValveOptions(options), now, tasks)
}
