import type { Clock } from '@genpool/runtime'
import type { CommittedRun } from '../protocol/messages'
import { transferListOf } from '../values/transfer'
import type { Flushing } from './flushing'
import type { Lanes } from './lanes'
import type { CommittingRuns } from './shared-replica'

const NO_JOB = -1

/** The runs of this thread, as their commits to the shared state see them. */
export class CommittingLanes implements CommittingRuns {
  /** When the last commit was made. */
  #committedAt = 0

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
    lane.isAlone = isSet
    return lane.run.id
  }

  outcome(job: number, state: unknown): CommittedRun {
    const lane = this.lanes()?.byId(job)
    if (lane === undefined) return { job, answer: undefined, ranNs: -1 }
    const { answer, ends } = lane.worker.afterCommit(state)
    lane.isTold = ends
    const ranNs = ends ? lane.ranNs : -1
    // Moved memory is gone if the commit has to be made again.
    if (answer === undefined || transferListOf(answer.value) === undefined) return { job, answer, ranNs }
    this.lost(job)
    return { job, answer: undefined, ranNs: -1 }
  }

  lost(job: number): void {
    const lanes = this.lanes()
    const lane = lanes?.byId(job)
    if (lane === undefined) return
    lane.isTold = false
    lane.worker.commitLost()
    if (lane.isAlone) lanes?.runsAgain(lane)
  }

  sent(): void {
    this.flushing.soon(this.#committedAt)
  }
}
