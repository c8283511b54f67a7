import type { MailboxEntry } from '../requests/mailbox'

/** Where a pool is in its life. `draining` finishes what it has and takes nothing new. */
export type Phase = 'starting' | 'running' | 'draining' | 'stopped'

/** One for all pools. */
const NONE: never[] = []

/** Where one pool is in its life. Written by its lifecycle, read by all parts. */
export class Status {
  phase: Phase = 'starting'
  /** Whether requests are let in. */
  accepting = true
  /** Whether it stops or has stopped. */
  stopping = false
  /** The fault that stopped it; undefined if there was none. */
  cause: unknown = undefined
  /** How long `drain` waited before it stopped the pool, in milliseconds; -1 if it did not. */
  drainedFor = -1
  /** What waited when it stopped, for the `afterStop` of a plain function; empty without one. */
  mailbox: readonly MailboxEntry[] = NONE
}
