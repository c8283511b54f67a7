import { type Nanos } from '@genpool/runtime'

/** Limits of restarts, in nanoseconds. */
export interface RestartLimits {
  /** How many restarts are allowed within `within`. */
  readonly intensity: number
  readonly within: Nanos
}

/**
 * Counts restarts in a sliding window, like an Erlang supervisor. Pure: the time is an argument.
 *
 * @see Erlang's supervisor, "Maximum Restart Intensity"
 */
export class RestartIntensity {
  #times: Nanos[] = []

  constructor(public limits: RestartLimits) {}

  /** Counts one restart. False if it is one too many; the supervisor then gives up. */
  record(now: Nanos): boolean {
    const { intensity, within } = this.limits
    if (intensity === Infinity) return true
    this.#times = this.#times.filter((time) => now - time < within)
    this.#times.push(now)
    return this.#times.length <= intensity
  }
}

/** How long to wait between failed starts, in nanoseconds. */
export interface BackoffLimits {
  readonly min: Nanos
  readonly max: Nanos
  /** The random share of the wait, 0 to 1, so that many starts are not retried at the same time. */
  readonly jitter: number
}

/** Returns the wait after `failures` failures in a row: it doubles from `min` to `max`. @param random from 0 to 1 */
export function backoff(limits: BackoffLimits, failures: number, random: number): Nanos {
  const full = Math.min(limits.max, limits.min * 2 ** Math.max(0, failures - 1))
  return Math.round(full * (1 - limits.jitter * random))
}
