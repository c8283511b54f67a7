import { type Failure, lostAttempt, withFailure } from './attempts'
import type { Death } from './dead-letters'
import { type Job, storedAtOf } from './job-runs'

/** What is kept of a cast that is dead. @param last why its last attempt failed */
export function deathOf(job: Job, last: Failure, diedAt: Date): Death {
  return {
    code: last.code,
    reason: last.reason,
    attempts: job.attempt,
    history: withFailure(job.kept.tries, last).failures,
    storedAt: new Date(storedAtOf(job)),
    diedAt,
    data: job.incoming.data,
  }
}

/** How the last attempt of a cast ended that came with none left. */
export function lastOf({ kept, attempt }: Job, at: Date): Failure {
  const last = kept.tries.failures.at(-1)
  return last?.attempt === attempt ? last : lostAttempt(attempt, at)
}
