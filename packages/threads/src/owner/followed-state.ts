import type { Job } from '@genpool/core'
import type { Ledger } from '../protocol/ledger'
import type { Posting } from './posting'
import type { Reports } from './reports'
import type { SharedState } from './shared-state'
import { StateLink } from './state-link'
import { runOf } from './too-late'
import type { Waiting } from './waiting'

/** What a thread does with the state that all members share goes through its worker's parts. */
export interface FollowingParts {
  readonly ledger: Ledger<Job>
  readonly reports: Reports
  readonly posting: Posting
  readonly waiting: Waiting
}

/** The state that all members share, as one worker's thread follows it until its member ends. */
export class FollowedState {
  readonly #link: StateLink
  readonly #ledger: Ledger<Job>
  #isLeft = false

  constructor(
    private readonly shared: SharedState,
    { ledger, reports, posting, waiting }: FollowingParts,
  ) {
    this.#ledger = ledger
    this.#link = new StateLink(shared, {
      // From here on its caller does not give up.
      admit: (id) => {
        const given = ledger.byId(id)
        return given !== undefined && ledger.commits(given) ? undefined : new CancelledCommit()
      },
      committed: (run) => reports.committed(run),
      voided: ({ job }) => this.#voided(job),
      lost: (run, error) => reports.commitLost(run, error),
      heldUp: (isHeldUp) => waiting.holdUp(isHeldUp),
      sendSoon: () => posting.soon(),
      sendNow: () => posting.now(),
      get isBusy() {
        return ledger.size > 0
      },
    })
  }

  /** Null after the end of its member. */
  get link(): StateLink | null {
    return this.#isLeft ? null : this.#link
  }

  /** The jobs whose commits are still being written, also after the end of their member. */
  get written(): readonly number[] {
    return this.#link.written
  }

  /** Whether the commit of this job is being written. */
  isWriting(job: Job): boolean {
    return this.written.some((id) => {
      const given = this.#ledger.byId(id)
      if (given === undefined || !this.#ledger.hasCommitted(given)) return false
      return given.job === job || given.job.companions?.includes(job) === true
    })
  }

  /** What is made again is of no use if all its callers have given up while it was written. */
  #voided(id: number): void {
    const given = this.#ledger.byId(id)
    if (given === undefined) return
    this.#ledger.uncommit(given)
    if (runOf(given).every(({ outcome }) => outcome !== null)) this.#ledger.cancel(given.job)
  }

  /** Its member has ended. @param unused called if no other thread follows the state */
  leave(unused: (shared: SharedState) => void): void {
    if (this.#isLeft) return
    this.#isLeft = true
    if (this.#link.close()) unused(this.shared)
  }
}

/** Its caller no longer waits. */
class CancelledCommit extends Error {
  constructor() {
    super('the caller no longer waits: nothing was committed')
  }
}
