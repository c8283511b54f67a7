import type { LimitsOptions } from '@genpool/broker'
import type { Clock, GenPoolError } from '@genpool/runtime'
import type { CommitOptions } from '@genpool/state-ane'
import type { StateOptions } from '../work/state-options'

/** The options that the kernel itself reads. Times are milliseconds. */
export interface Settings {
  /** How long a caller waits, unless it says so itself. */
  readonly timeout: number
  /** Whether a handler runs in the async context of its caller. */
  readonly callerContext: boolean
  /** How long a start may take. */
  readonly startTimeout: number
  /** How long a `terminate` may take. */
  readonly terminateTimeout: number
  /** Whether members begin nothing. */
  readonly paused: boolean
  /** Up to how many members it may grow that can work at once; 0 for a fixed size. */
  readonly growsTo: number
  /** The limits of keys in its own broker. */
  readonly limits: LimitsOptions | false
  readonly clock: Clock
  readonly random: () => number
  readonly state: StateOptions
  /** The part of them that each commit reads. */
  readonly commitOptions: CommitOptions
  readonly onDrop?: ((letter: { pool: string; message: unknown; error: GenPoolError }) => void) | undefined
  readonly onCallbackError?: ((error: unknown) => void) | undefined
}

/** The settings as they are now; replaced as a whole when options change. */
export interface LiveSettings {
  current: Settings
}
