import { type Nanos } from '@genpool/runtime'

/** What a broker reports to its meters. */
export interface Sample {
  /** The event loop delay before the work: how long Node kept it waiting. */
  readonly queueDelay: Nanos
  /** How long the work of the turn took. */
  readonly processDelay: Nanos
  /** How long the request waited for a member; negative: how long the member waited for the request. */
  readonly relativeTime: Nanos
}

/**
 * Measures what passes through a broker.
 *
 * A meter is plain data: every time is an argument, in integer nanoseconds, and never decreases between calls. Users may
 * write their own; `meterContract` of `@genpool/broker/testing` checks it.
 */
export interface Meter {
  /** When to call the meter next; null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
  /** Adds a sample. */
  update(sample: Sample, now: Nanos): void
  /** Reports that time has passed without a sample. */
  timeout(now: Nanos): void
  /** Changes the rule in place. @throws {OptionsError} if the options are wrong; nothing changes then */
  configure(options: unknown, now: Nanos): void
}

/** Makes a user's own meter. */
export type MeterFactory = (now: Nanos) => Meter

/** How long the ask side waited in this sample. */
export function askSojourn(sample: Sample): Nanos {
  return sample.queueDelay + Math.max(0, sample.relativeTime)
}

/** How long the askR side waited in this sample. */
export function askRSojourn(sample: Sample): Nanos {
  return sample.queueDelay + Math.max(0, -sample.relativeTime)
}
