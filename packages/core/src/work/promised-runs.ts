import type { Nanos } from '@genpool/runtime'
import type { Hold } from '@genpool/state-ane'
import type { Step } from '../behaviours/step'
import type { Request } from '../requests/request'
import type { InProcessPool } from './in-process-pool'
import type { WorkerHost } from './worker'

/** A worker, as its runs that return promises continue. */
export interface Continuing {
  readonly pool: InProcessPool
  readonly host: WorkerHost<Request>
  readonly ended: boolean
  /** When the job in hand began. */
  readonly startedAt: Nanos
  /** The handler's promise has settled: makes the step that is committed. */
  lateStep(result: unknown): Step
  /** The handler or the commit failed. */
  failed(job: Request, error: unknown): void
}

/** How the runs of one worker continue. Made for the first one that returns a promise, and used again for each: no closure per run. */
export class PromisedRuns {
  /** Whether what the worker runs has returned a promise. Not written for a synchronous handler, to save time. */
  waits = false

  /** Set while a run holds the state alone. */
  hold: Hold<unknown> | null = null

  constructor(private readonly worker: Continuing) {}

  private get job(): Request {
    return this.worker.host.inHand.first as Request
  }

  releaseHold(): void {
    this.hold?.release()
    this.hold = null
  }

  await(step: PromiseLike<Step>): void {
    this.waits = true
    step.then(this.#done, this.#failed)
  }

  readonly toStep = (result: unknown): Step => this.worker.lateStep(result)

  readonly #done = (step: Step): void => {
    this.waits = false
    const { pool, host, ended, startedAt } = this.worker
    if (ended) return
    const { turn } = pool
    const { job } = this
    // Fast path: nothing of the user's has run since the reading in `lateStep`. Saves 4 % of a call of an async handler.
    const isOver = step.next === undefined && typeof step.value !== 'function' && job.rarely === null
    host.done(job, step.following, (isOver ? turn.now() : turn.refresh()) - startedAt, 1)
  }

  readonly #failed = (error: unknown): void => {
    this.waits = false
    if (!this.worker.ended) this.worker.failed(this.job, error)
  }
}
