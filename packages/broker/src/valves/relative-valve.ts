import { checkTime, inOrder, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { toNanos } from '../queues/leaf-options'
import { BoundedValve, type ValveRules } from './bounded-valve'
import { type Valve } from './valve'
import { boundShape, targetShape } from './valve-shapes'

/** Options of a `relativeValve`. */
export const relativeValveOptions = z
  .strictObject({ type: z.literal('relative').default('relative'), ...boundShape, ...targetShape })
  .refine(...inOrder('min', 'max'))
export type RelativeValveOptions = z.input<typeof relativeValveOptions>

/** The options in internal units. */
export interface RelativeRules extends ValveRules {
  readonly target: Nanos
}

/** A valve that admits one task for each fast update. See `relativeValve`. */
export class RelativeValve<T> extends BoundedValve<T, RelativeRules> {
  /** The last reported relative time; `Infinity` if there is none, or if a start has used it up. */
  #last: Nanos = Infinity
  #updatedAt: Nanos

  constructor(rules: RelativeRules, now: Nanos, tasks: Iterable<T>) {
    super(rules, now, tasks)
    this.#updatedAt = now
    this.look(now)
  }

  override update(relativeTime: Nanos, now: Nanos): void {
    this.#last = relativeTime
    this.#updatedAt = now
    this.look(now)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkRelativeValveOptions(options), now)
  }

  apply(rules: RelativeRules, now: Nanos): void {
    this.rules = rules
    this.look(now)
  }

  protected openSince(): Nanos {
    return this.#last < this.rules.target ? this.#updatedAt : Infinity
  }

  protected use(): Nanos {
    this.#last = Infinity
    return this.#updatedAt
  }
}

/** Converts checked options to rules. */
export function toRelativeRules({ min, max, target }: z.output<typeof relativeValveOptions>): RelativeRules {
  return { min, max, target: toNanos(target) }
}

function checkRelativeValveOptions(options: unknown): RelativeRules {
  return toRelativeRules(parseOptions(relativeValveOptions, options, 'options of a relative valve'))
}

/**
 * A valve that lets one more task start for each reported relative time below `target`.
 *
 * Use it to follow the load directly: every wait has an effect at once.
 *
 * @param options milliseconds; `target` 100 (may be negative), `min` 0, `max` unbounded
 * @param tasks tasks that are already running
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sregulator_relative_valve
 * @example const valve = relativeValve<string>({ type: 'relative', target: 100 }, 0)
 */
export function relativeValve<T>(options: RelativeValveOptions, now: Nanos, tasks: Iterable<T> = []): Valve<T> {
  checkTime('relativeValve', now)
  return new RelativeValve<T>(checkRelativeValveOptions(options), now, tasks)
}
