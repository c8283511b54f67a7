import { type Nanos } from '@genpool/runtime'

/** What a broker tells its meters. */
export interface Sample {
  /** How late the event loop got to the work: Node's message-queue delay. */
  readonly queueDelay: Nanos
  /** How long the work of the turn took. */
  readonly processDelay: Nanos
  /** How long the request waited for a member; negative: how long the member waited for the request. */
  readonly relativeTime: Nanos
}

/**
 * Watches what passes through a broker.
 *
 * A meter is plain data: every time is handed in, in integer nanoseconds, and never decreases between calls. Users may
 * bring their own; `meterContract` of `@genpool/broker/testing` checks it.
 */
export interface Meter {
  /** When the meter next wants to be called, or null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
  /** Takes in how things are. */
  update(sample: Sample, now: Nanos): void
  /** Lets time pass without news. */
  timeout(now: Nanos): void
  /** Changes the rule in place. @throws {OptionsError} if the options are wrong; nothing changes then */
  configure(options: unknown, now: Nanos): void
}

/** Makes a meter of one's own. */
export type MeterFactory = (now: Nanos) => Meter

/** How long the ask side waits, as a sample shows it. */
export function askSojourn(sample: Sample): Nanos {
  return sample.queueDelay + Math.max(0, sample.relativeTime)
}

/** How long the askR side waits, as a sample shows it. */
export function askRSojourn(sample: Sample): Nanos {
  return sample.queueDelay + Math.max(0, -sample.relativeTime)
}
