import type { Job, WorkerHost, WorkerSeat } from '@genpool/core'
import type { Nanos } from '@genpool/runtime'
import type { Ledger } from '../protocol/ledger'
import type { JobMessage } from '../protocol/messages'
import { jobMessage } from './job-message'
import type { MovingDeadlines } from './moving-deadlines'
import { movedWithJob, type Posting } from './posting'
import type { Reports } from './reports'
import type { RunStarts } from './run-starts'
import { isSuspected, suspected } from './suspected'
import { setupOf } from './setup'
import { errorOfUnread, errorOfUnsent } from './unsent'

/** What jobs go through on their way to a thread. */
export interface GivingParts {
  readonly ledger: Ledger<Job>
  readonly posting: Posting
  readonly starts: RunStarts
  readonly reports: Reports
  readonly deadlines: MovingDeadlines
  /** Whether the pool lives in real time: if not, only its owner knows deadlines. */
  readonly isReal: boolean
  /** A message has waited so long in the queue. */
  waited(ns: Nanos): void
}

/** Gives jobs to a thread. */
export class Giving {
  /** What the thread was told of them. */
  #stateOptions: WorkerSeat['stateOptions']

  constructor(
    private readonly seat: WorkerSeat,
    private readonly host: WorkerHost,
    private readonly parts: GivingParts,
  ) {
    this.#stateOptions = seat.stateOptions
  }

  give(job: Job): void {
    const { ledger, posting, starts, reports, isReal } = this.parts
    if (this.seat.stateOptions !== this.#stateOptions) this.#tellOptions()
    if (isReal && job.sentAt !== undefined) this.parts.waited(this.seat.turn.now() - job.sentAt)
    const list = movedWithJob(job)
    const companions = job.companions?.map((companion) => reports.companion(companion, ledger.nextId()))
    const given = ledger.give(job, list !== undefined, companions?.map(({ id }) => id) ?? [])
    this.parts.deadlines.given(given)
    if (list !== undefined) {
      posting.move(list)
      starts.givenForGood(given)
    }
    const message = (of: Job, id: number): JobMessage => jobMessage(of, { id, isReal })
    const others = companions?.map((each) => message(each.job, each.id)) ?? null
    if (isSuspected(job)) posting.oneByOne()
    posting.addJob(['job', given.place, message(job, given.id), others], ledger.size === 1)
  }

  /** The options have changed since its thread was told. */
  #tellOptions(): void {
    this.#stateOptions = this.seat.stateOptions
    this.parts.posting.add(['options', setupOf(this.seat, 0n).stateOptions])
  }

  /** The jobs among these that have not begun: its thread was reading them when it died. From now on each has a post of its own. */
  unread(ids: readonly number[]): readonly Job[] {
    const { ledger } = this.parts
    const all = ids.flatMap((id) => ledger.byId(id) ?? []).filter((given) => !ledger.hasBegun(given))
    return all.map(({ job }) => suspected(job))
  }

  /** The thread cannot read it. */
  refuseUnread(id: number): void {
    const job = this.parts.ledger.byId(id)?.job
    if (job !== undefined) this.refuse(id, errorOfUnread(job, this.seat))
  }

  /** It never reaches the thread: for this reason, or since it cannot be cloned or moved. */
  refuse(id: number, reason?: unknown): void {
    const { ledger, starts } = this.parts
    const given = ledger.byId(id)
    if (given === undefined) return
    const { job } = given
    starts.began(given, this.seat.turn.refresh())
    this.host.refused(job, reason ?? errorOfUnsent(job, this.seat), -1)
    ledger.end(given)
  }
}
