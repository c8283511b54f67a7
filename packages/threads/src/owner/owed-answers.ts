import type { GenPoolError, Job } from '@genpool/core'

/** A call without an answer yet, and whether its run has committed a next state. */
interface Owed {
  readonly job: Job
  readonly committed: boolean
}

/** Calls whose handlers have returned without an answer, by their numbers: it may come later. */
export class OwedAnswers {
  readonly #owed = new Map<number, Owed>()

  get isEmpty(): boolean {
    return this.#owed.size === 0
  }

  /** The run of a job is over. Ignores what has its answer, or expects none. */
  owes(id: number, job: Job, committed: boolean): void {
    if (!job.expectsAnswer || job.outcome !== null) return
    if (committed) job.committed?.()
    this.#owed.set(id, { job, committed })
  }

  jobOf(id: number): Job | undefined {
    return this.#owed.get(id)?.job
  }

  /** Whether the run of a call has committed a next state; undefined if no answer is owed to it. */
  hasCommitted(id: number): boolean | undefined {
    return this.#owed.get(id)?.committed
  }

  /** Forgets those that have their answers. */
  sweep(): void {
    for (const [id, { job }] of this.#owed) if (job.outcome !== null) this.#owed.delete(id)
  }

  /** No answer will come any more. */
  fail(errorOf: (job: Job, committed: boolean) => GenPoolError): void {
    for (const { job, committed } of this.#owed.values()) job.fail(errorOf(job, committed))
    this.#owed.clear()
  }
}
