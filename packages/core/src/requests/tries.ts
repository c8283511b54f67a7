import type { Nanos } from '@genpool/runtime'

/** What the tries of one call with `retry` have come to so far. */
export interface Tries {
  /** How many members its message has crashed. */
  crashes: number
  /** How many times a handler was called for it. */
  attempts: number
  /** The call with all its tries: when it was sent, and how long its caller wants to wait, in milliseconds. */
  readonly whole?: { readonly sentAt: Nanos; readonly timeout: number }
}

export const NO_TRIES: Readonly<Tries> = { crashes: 0, attempts: 0 }
