import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { backoff } from './restart-intensity'

/** Limits of failed starts; times in milliseconds, as in the options. */
export interface StartLimits {
  readonly attempts: number
  readonly backoff: { readonly min: number; readonly max: number; readonly jitter: number }
}

/** Counts starts that fail in a row, and says how long to wait before the next, or that it is enough. */
export class StartAttempts {
  failures = 0

  succeeded(): void {
    this.failures = 0
  }

  /** The wait before the next try, or null to give up. @param random from 0 to 1 */
  failed({ attempts, backoff: { min, max, jitter } }: StartLimits, random: number): Nanos | null {
    if (++this.failures >= attempts) return null
    return backoff({ min: min * NS_PER_MS, max: max * NS_PER_MS, jitter }, this.failures, random)
  }
}
