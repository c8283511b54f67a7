import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { StartCounter } from '../../pool/ports'
import { backoff } from './restart-intensity'

/** Limits of failed starts; times in milliseconds, as in the options. */
export interface StartLimits {
  readonly attempts: number
  readonly backoff: { readonly min: number; readonly max: number; readonly jitter: number }
}

/** What a count of failed starts depends on, as it is now. */
export interface StartRules {
  readonly startLimits: StartLimits
  /** A random number in [0, 1). */
  random(): number
}

/** Counts failed starts in a row, and decides how long to wait before a retry, or to give up. */
export class StartAttempts implements StartCounter {
  failures = 0

  constructor(private readonly rules: StartRules) {}

  succeeded(): void {
    this.failures = 0
  }

  failed(): Nanos | null {
    const { attempts, backoff: wait } = this.rules.startLimits
    const chance = this.rules.random()
    if (++this.failures >= attempts) return null
    return backoff({ min: wait.min * NS_PER_MS, max: wait.max * NS_PER_MS, jitter: wait.jitter }, this.failures, chance)
  }
}
