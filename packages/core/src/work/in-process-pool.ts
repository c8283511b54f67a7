import type { RunMeter, Turn } from '@genpool/runtime'
import type { CommitOptions } from '@genpool/state-ane'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { MailboxEntry } from '../requests/mailbox'
import type { Answering } from './answers'
import type { StateOptions } from './state-options'

/** What the workers of this thread need of their pool. */
export interface InProcessPool extends Answering {
  readonly behaviour: CompiledBehaviour
  readonly facts: PoolFacts
  readonly turn: Turn
  /** Measures the runs of handlers that return at once. */
  readonly turnWork: { readonly runs: RunMeter }
  readonly stateOptions: StateOptions
  readonly commitOptions: CommitOptions
  /** Whether each run holds the state: `commitOptions` says so. Asked before each run, so it is no comparison of texts. */
  readonly isExclusive: boolean
  readonly status: {
    /** Whether the pool stops or has stopped. */
    readonly stopping: boolean
    /** What waited when it stopped. */
    readonly mailbox: readonly MailboxEntry[]
  }
  /** Set when a handler awaits something. */
  overlaps: boolean
  /** Called before what an asynchronous handler returned is committed. */
  beforeCommits(): void
}
