import type { Job } from '@genpool/core'
import { textOf, warn } from '@genpool/runtime'
import type { ToOwner } from '../protocol/messages'

type BackOff = Extract<ToOwner, readonly ['backOff', ...unknown[]]>

/** Has the pool hold its queue back when a handler in a thread asks for it. */
export class BackOffs {
  /** What jobs that want to run again are to end with. */
  readonly #causes = new WeakMap<Job, unknown>()

  hold(job: Job | undefined, [, , ms, key, again]: BackOff): void {
    if (job === undefined) return
    try {
      const cause = job.backOff(ms, { key, again })
      if (again) this.#causes.set(job, cause)
    } catch (error) {
      // Its handler goes on, and cannot be told.
      if (again) this.#causes.set(job, error)
      else warn(`A handler in a thread could not back off: ${textOf(error)}`)
    }
  }

  /** What a job ends with whose handler wants it to run again. */
  causeOf(job: Job): unknown {
    return this.#causes.get(job) ?? new Error('the key of its back-off could not be sent from its thread')
  }
}
