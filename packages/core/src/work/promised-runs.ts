import type { Hold } from '@genpool/state-ane'
import type { Step } from '../behaviours/step'

/** A worker, as its runs that return promises continue. */
export interface Continuing {
  /** The handler's promise has settled: makes the step that is committed. */
  lateStep(result: unknown): Step
  /** The commit is done. */
  runDone(step: Step): void
  /** The handler or the commit failed. */
  runFailed(error: unknown): void
}

/** How the runs of one worker continue. Made for the first one that returns a promise, and used again for each: no closure per run. */
export class PromisedRuns {
  /** Whether what the worker runs has returned a promise. Not written for a synchronous handler, to save time. */
  waits = false

  /** Set while a run holds the state alone. */
  hold: Hold<unknown> | null = null

  constructor(private readonly worker: Continuing) {}

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
    this.worker.runDone(step)
  }

  readonly #failed = (error: unknown): void => {
    this.waits = false
    this.worker.runFailed(error)
  }
}
