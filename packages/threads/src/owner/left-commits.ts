import type { GenPoolError, Job } from '@genpool/core'
import { isGenPoolError } from '@genpool/runtime'

type CommitEnd = NonNullable<ReturnType<NonNullable<Job['awaitCommit']>>>

interface Waiter {
  readonly job: Job
  readonly end: CommitEnd
}

/** The jobs of commits that are still being written though their thread is gone: those that wait for the end of it. */
export class LeftCommits {
  /** By the runs. */
  readonly #waiting = new Map<number, readonly Waiter[]>()

  /** Keeps those of a run that wait, and fails all others: their commit may count. */
  keep(run: number, jobs: readonly Job[], maybe: (job: Job) => GenPoolError): void {
    const waiting = jobs.flatMap((job) => {
      const end = job.awaitCommit?.() ?? null
      if (end === null) job.fail(maybe(job))
      return end === null ? [] : { job, end }
    })
    if (waiting.length > 0) this.#waiting.set(run, waiting)
  }

  committed(run: number): void {
    for (const { end } of this.#take(run)) end(undefined)
  }

  /** @param crash the error of a job if the store has no error for its caller */
  lost(run: number, error: unknown, crash: (job: Job) => GenPoolError): void {
    for (const { job, end } of this.#take(run)) end(isGenPoolError(error) ? error : crash(job))
  }

  #take(run: number): readonly Waiter[] {
    const waiting = this.#waiting.get(run)
    if (waiting === undefined) return NOBODY
    this.#waiting.delete(run)
    return waiting
  }
}

const NOBODY: readonly Waiter[] = []
