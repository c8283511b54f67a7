import type { Job } from '@genpool/core'
import type { Nanos } from '@genpool/runtime'
import type { Given, Ledger } from '../protocol/ledger'
import type { SharedWords } from '../protocol/shared-words'

/** Tells a thread the deadlines of runs that may change while it has them, in the memory that both share. */
export class MovingDeadlines {
  constructor(
    private readonly ledger: Ledger<Job>,
    private readonly words: Pick<SharedWords, 'deadlineOf' | 'setDeadline'>,
    /** Whether the pool lives in real time: if not, only its owner knows deadlines. */
    private readonly isReal: boolean,
  ) {}

  /** A job gets its place: before its thread is told of it. */
  given({ job, place }: Given<Job>): void {
    const deadline = this.isReal && mayMove(job) ? latest(runOf(job)) : Infinity
    // Most have none: memory that nobody writes stays near both threads.
    if (deadline !== this.words.deadlineOf(place)) this.words.setDeadline(place, deadline)
  }

  /** That of a job has changed, or of another message of its batch. */
  moved(job: Job): void {
    const given = this.ledger.of(job)
    if (given !== undefined) this.given(given)
  }

  /** A caller leaves a batch, and others stay. */
  left(leaver: Job): void {
    for (const { job, place } of this.ledger.all) {
      const run = runOf(job)
      if (!this.isReal || !run.includes(leaver) || !mayMove(job)) continue
      const others = run.filter((each) => each !== leaver && each.outcome === null)
      if (others.length > 0) this.words.setDeadline(place, latest(others))
    }
  }
}

function runOf(job: Job): readonly Job[] {
  return job.companions === null ? [job] : [job, ...job.companions]
}

function mayMove({ deadlineMoves, companions }: Job): boolean {
  return deadlineMoves === true || companions?.some((each) => each.deadlineMoves === true) === true
}

/** That of those that wait; the last of all if nobody does any more. */
function latest(run: readonly Job[]): Nanos {
  const waiting = run.filter(({ outcome }) => outcome === null)
  return Math.max(...(waiting.length > 0 ? waiting : run).map(({ deadline }) => deadline))
}
