import type { GenPoolError, Job } from '@genpool/core'
import { isGenPoolError } from '@genpool/runtime'

type CommitEnd = NonNullable<ReturnType<NonNullable<Job['awaitCommit']>>>

/** The jobs of a commit that is still being written though their thread is gone: those that wait for its end. */
export class LeftCommit {
  #waiting: readonly { readonly job: Job; readonly end: CommitEnd }[] = []

  /** Keeps those of a run that wait, and fails all others: their commit may count. */
  keep(jobs: readonly Job[], maybe: (job: Job) => GenPoolError): void {
    this.#waiting = jobs.flatMap((job) => {
      const end = job.awaitCommit?.() ?? null
      if (end === null) job.fail(maybe(job))
      return end === null ? [] : { job, end }
    })
  }

  committed(): void {
    for (const { end } of this.#waiting) end(undefined)
  }

  /** @param crash the error of a job if the store has no error for its caller */
  lost(error: unknown, crash: (job: Job) => GenPoolError): void {
    for (const { job, end } of this.#waiting) end(isGenPoolError(error) ? error : crash(job))
  }
}
