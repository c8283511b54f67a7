import type { Job } from '@genpool/core'

/*
 * Jobs that were in a post of which a thread has died, perhaps of another one in it. Each has a post of its own from then on, so that
 * the next death tells which one it was.
 */
const all = new WeakSet<Job>()
let isAny = false

export function suspected(job: Job): Job {
  isAny = true
  all.add(job)
  return job
}

export function isSuspected(job: Job): boolean {
  return isAny && all.has(job)
}
