import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { StartCounter } from '../../pool/ports'
import { backoff } from './restart-intensity'

/** Limits of failed starts; times in milliseconds, as in the options. */
export interface StartLimits {
  readonly attempts: number
  readonly backoff: { readonly min: number; readonly max: number; readonly jitter: number }
}

/** Counts starts that fail in a row. Says how long to wait before the next one, or that it is enough. */
export class StartAttempts implements StartCounter {
  failures = 0

  constructor(
    /** The limits, as they are now. */
    private readonly limits: () => StartLimits,
    /** A number in [0, 1). */
    private readonly random: () => number,
  ) {}

  succeeded(): void {
    this.failures = 0
  }

  failed(): Nanos | null {
    const { attempts, backoff: wait } = this.limits()
    const chance = this.random()
    if (++this.failures >= attempts) return null
    return backoff({ min: wait.min * NS_PER_MS, max: wait.max * NS_PER_MS, jitter: wait.jitter }, this.failures, chance)
  }
}
