import type { Job, JobStage, Started, Worker, WorkerHost } from '@genpool/core'

/** What a worker may report of a job, whether or not it is true. */
export const REPORTS = ['began', 'attempted', 'done', 'failed', 'refused', 'returned', 'died'] as const
export type Report = (typeof REPORTS)[number]

/** A worker that reports what a test wants, when the test wants it: too early, late, twice, or never. */
export class WildWorker implements Worker {
  readonly commits = false
  readonly state = undefined
  stage: JobStage = 'runs'
  /** All that it was ever given. */
  readonly given: Job[] = []
  /** What it has not begun. */
  readonly #waiting = new Set<Job>()
  hasEnded = false

  constructor(
    readonly host: WorkerHost,
    readonly now: () => number,
    public depth: number,
  ) {}

  start(): Started {
    return { kind: 'ready', reason: undefined }
  }

  give(job: Job): void {
    this.given.push(job)
    this.#waiting.add(job)
  }

  /** Begins a job, and says nothing of it. */
  claim(job: Job): void {
    this.#waiting.delete(job)
  }

  revoke(job: Job): boolean {
    return this.#waiting.delete(job)
  }

  cancel(): void {
    // It does not listen.
  }

  holdsAnswersOf(): boolean {
    return false
  }

  startOf(): number | null {
    return null
  }

  stageOf(): JobStage {
    return this.stage
  }

  end(): void {
    this.hasEnded = true
  }

  report(what: Report, job: Job): void {
    const { host } = this
    this.claim(job)
    if (what === 'began') host.progress.began(job, this.now())
    else if (what === 'attempted') host.progress.attempted(job, { number: 1, exclusive: false })
    else if (what === 'returned') host.returned(job)
    else if (what === 'died') host.died(new Error('died'), [job])
    else if (what === 'done') {
      job.succeed('done', true)
      host.done(job, undefined, 1, 1)
    } else host[what](job, new Error(what), 1)
  }

  /** Ends all that it was given, as a worker should. */
  finish(): void {
    for (const job of this.given.splice(0))
      for (const what of ['began', 'attempted', 'done'] as const) this.report(what, job)
  }
}
