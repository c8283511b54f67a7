import type { Clock } from '@genpool/runtime'
import { keptNumber } from '../protocol/kept-answer'
import type { CommittedRun } from '../protocol/messages'
import { transferListOf } from '../values/transfer'
import type { Flushing } from './flushing'
import type { Lanes } from './lanes'
import { mayWaitUntil } from './patience'
import type { CommittingRuns } from './shared-replica'

const NO_JOB = -1

/** The runs of this thread, as their commits to the shared state see them. */
export class CommittingLanes implements CommittingRuns {
  /** When the last commit was made. */
  #committedAt = 0
  /** Until when its answer may wait. */
  #mayWaitUntil = 0

  constructor(
    /** Null before the member has started, and after it has ended. */
    private readonly lanes: () => Lanes | null,
    private readonly clock: Clock,
    private readonly flushing: Flushing,
  ) {}

  /** The job whose handler has returned, and which commits now. */
  committing(isSet: boolean): number {
    const lanes = this.lanes()
    const lane = lanes?.current
    if (lane === undefined) return NO_JOB
    this.#committedAt = this.clock.now()
    lanes?.commits(lane, this.#committedAt)
    this.#mayWaitUntil = mayWaitUntil(lane.run, this.#committedAt)
    lane.isAlone = isSet
    return lane.run.id
  }

  outcome(job: number, state: unknown): CommittedRun {
    const lane = this.lanes()?.byId(job)
    if (lane === undefined) return { job, answer: undefined, ranNs: -1 }
    const { answer, ends } = lane.worker.afterCommit(state)
    lane.isTold = ends
    lane.isOpen = !ends
    const ranNs = ends ? lane.ranNs : -1
    const kept = keptNumber(answer?.value)
    if (kept !== undefined) return { job, answer: { value: undefined, kept }, ranNs }
    // Moved memory is gone if the commit has to be made again.
    if (answer === undefined || transferListOf(answer.value) === undefined) return { job, answer, ranNs }
    this.lost(job)
    lane.isOpen = true
    return { job, answer: undefined, ranNs: -1 }
  }

  lost(job: number): void {
    const lanes = this.lanes()
    const lane = lanes?.byId(job)
    if (lane === undefined) return
    lane.isTold = lane.isOpen = false
    lane.worker.commitLost()
    if (lane.isAlone) lanes?.runsAgain(lane)
  }

  sent(mayWait: boolean): void {
    const isPatient = mayWait && this.lanes()?.takeLong === true
    this.flushing.ended(this.#committedAt, isPatient ? this.#mayWaitUntil : this.#committedAt)
  }
}
