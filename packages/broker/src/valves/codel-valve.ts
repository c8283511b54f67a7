import { checkTime, inOrder, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { toNanos } from '../queues/leaf-options'
import { BoundedValve, type ValveRules } from './bounded-valve'
import { type Valve } from './valve'
import { boundShape, targetShape } from './valve-shapes'

/** Options of a `codelValve`. */
export const codelValveOptions = z
  .strictObject({
    type: z.literal('codel').default('codel'),
    ...boundShape,
    ...targetShape,
    interval: z
      .number()
      .positive()
      .default(1000)
      .describe('How long relative times must stay below `target` before another task may start, in milliseconds.'),
  })
  .refine(...inOrder('min', 'max'))
export type CodelValveOptions = z.input<typeof codelValveOptions>

/** The options in internal units. */
export interface CodelValveRules extends ValveRules {
  readonly target: Nanos
  readonly interval: Nanos
}

/** The phase of the control law. */
const enum Phase {
  /** The queue is slow, or nothing is known. */
  Slow,
  /** The queue is fast; the valve opens at `#since`. */
  Fast,
  /** One task was admitted; the next one needs another fast update. */
  Waiting,
  /** That update came; the valve opens at `#openNext`. */
  Opening,
}

/** An opening phase that begins within this many intervals after the last one continues at its rate. */
const MEMORY = 8

/** CoDel in reverse. See `codelValve`. */
export class CodelValve<T> extends BoundedValve<T, CodelValveRules> {
  #phase: Phase = Phase.Slow
  /** In the phase Fast: when the valve opens. */
  #since: Nanos
  #openNext: Nanos
  #count = 0

  constructor(rules: CodelValveRules, now: Nanos, tasks: Iterable<T>) {
    super(rules, now, tasks)
    this.#since = this.#openNext = now
    this.look(now)
  }

  override update(relativeTime: Nanos, now: Nanos): void {
    if (relativeTime >= this.rules.target) this.#phase = Phase.Slow
    else if (this.#phase === Phase.Waiting) this.#phase = Phase.Opening
    else if (this.#phase === Phase.Slow) {
      this.#phase = Phase.Fast
      this.#since = now + this.rules.interval
    }
    this.look(now)
  }

  configure(options: unknown, now: Nanos): void {
    this.apply(checkCodelValveOptions(options), now)
  }

  apply(rules: CodelValveRules, now: Nanos): void {
    this.rules = rules
    this.#since = Math.min(this.#since, now + rules.interval)
    this.#openNext = Math.min(this.#openNext, now + rules.interval)
    this.look(now)
  }

  protected openSince(): Nanos {
    if (this.#phase === Phase.Fast) return this.#since
    return this.#phase === Phase.Opening ? this.#openNext : Infinity
  }

  protected use(now: Nanos): Nanos {
    const since = this.openSince()
    const { interval } = this.rules
    if (this.#phase === Phase.Opening) this.#follow(this.#count + 1, this.#openNext)
    else if (this.#count > 2 && now - this.#openNext < MEMORY * interval) this.#follow(this.#count - 2, now)
    else this.#follow(1, now)
    this.#phase = Phase.Waiting
    return since
  }

  #follow(count: number, base: Nanos): void {
    this.#count = count
    this.#openNext = base + Math.trunc(this.rules.interval / Math.sqrt(count))
  }
}

/** Converts checked options to rules. */
export function toCodelValveRules(options: z.output<typeof codelValveOptions>): CodelValveRules {
  const { min, max, target, interval } = options
  return { min, max, target: toNanos(target), interval: toNanos(interval) }
}

function checkCodelValveOptions(options: unknown): CodelValveRules {
  return toCodelValveRules(parseOptions(codelValveOptions, options, 'options of a CoDel valve'))
}

/**
 * A valve that lets tasks start once relative times have stayed below `target` for a whole `interval` (CoDel in reverse).
 * It opens more and more often until relative times rise. Each task needs a fast update after the task before it.
 *
 * Use it to grow slowly; a short burst of work starts nothing.
 *
 * @param options milliseconds; `target` 100 (may be negative), `interval` 1000, `min` 0, `max` unbounded
 * @param tasks tasks that are already running
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sregulator_codel_valve
 * @example const valve = codelValve<string>({ type: 'codel', target: 100 }, 0)
 */
export function codelValve<T>(options: CodelValveOptions, now: Nanos, tasks: Iterable<T> = []): Valve<T> {
  checkTime('codelValve', now)
  return new CodelValve<T>(checkCodelValveOptions(options), now, tasks)
}
