import { checkTime, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { countOrInfinity } from '../queues/leaf-options'
import { BoundedValve, type ValveRules } from './bounded-valve'
import { type Valve } from './valve'

/** Options of an `openValve`. */
export const openValveOptions = z.strictObject({
  type: z.literal('open').default('open'),
  max: countOrInfinity.default(Infinity).describe('The greatest number of tasks that may run.'),
})
export type OpenValveOptions = z.input<typeof openValveOptions>

/** A valve that is open below `max`. See `openValve`. */
export class OpenValve<T> extends BoundedValve<T, ValveRules> {
  constructor(rules: ValveRules, now: Nanos, tasks: Iterable<T>) {
    super(rules, now, tasks)
    this.look(now)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkOpenValveOptions(options), now)
  }

  apply(rules: ValveRules, now: Nanos): void {
    this.rules = rules
    this.look(now)
  }

  protected openSince(): Nanos {
    return this.smallSince
  }

  protected use(): Nanos {
    return this.smallSince
  }
}

/** Converts checked options to rules. Every task below `max` may run, so `min` is `max`. */
export function toOpenRules({ max }: z.output<typeof openValveOptions>): ValveRules {
  return { min: max, max }
}

function checkOpenValveOptions(options: unknown): ValveRules {
  return toOpenRules(parseOptions(openValveOptions, options, 'options of an open valve'))
}

/**
 * A valve that lets tasks start while fewer than `max` run.
 *
 * @param options `max` unbounded
 * @param tasks tasks that are already running
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sregulator_open_valve
 * @example const valve = openValve<string>({ type: 'open', max: 8 }, 0)
 */
export function openValve<T>(options: OpenValveOptions, now: Nanos, tasks: Iterable<T> = []): Valve<T> {
  checkTime('openValve', now)
  return new OpenValve<T>(checkOpenValveOptions(options), now, tasks)
}
