import type { Job, Started, Worker, WorkerFactory, WorkerHost, WorkerSeat } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import type { VirtualClock } from '@genpool/runtime/testing'
import { transact } from '@genpool/state-ane'

/** Mistakes that a worker may make, for tests that want them noticed. */
export interface Faults {
  /** Runs a job though it was taken back. */
  readonly runsWhatItGaveBack?: boolean
  /** Runs the newest job first. */
  readonly newestFirst?: boolean
  /** Answers before the commit. */
  readonly answersEarly?: boolean
  /** Commits though the caller has given up. */
  readonly commitsLate?: boolean
  /** Never reports the end of each third job. */
  readonly forgets?: boolean
  /** Runs a job twice. */
  readonly runsTwice?: boolean
  /** Commits on the state that it read first. */
  readonly losesCommits?: boolean
  /** Tells no handler that its caller has given up. */
  readonly deaf?: boolean
  /** Gives all messages of a batch the answer of the first. */
  readonly mixesBatches?: boolean
}

export interface DelayedWorkersSetup {
  readonly clock: VirtualClock
  readonly depth: number
  readonly faults?: Faults
}

/** Workers that are some way off: a job takes a millisecond to get there, several are sent ahead, and one may die. */
export class DelayedWorkers implements WorkerFactory {
  readonly #made: DelayedWorker[] = []

  constructor(private readonly setup: DelayedWorkersSetup) {}

  create(seat: WorkerSeat, host: WorkerHost): Worker {
    const worker = new DelayedWorker(seat, host, this.setup)
    this.#made.push(worker)
    return worker
  }

  /** Has the first worker die that has a job; false if none has. */
  kill(): boolean {
    const victim = this.#made.find((worker) => worker.hasWork)
    victim?.die(new Error('out of memory'))
    return victim !== undefined
  }
}

interface Running {
  readonly job: Job
  readonly startedAt: number
  readonly controller: AbortController
}

class HandlerFailed extends Error {}

class DelayedWorker implements Worker {
  readonly commits = true
  readonly depth: number
  readonly #ahead: Job[] = []
  #running: Running | null = null
  #ended = false
  #handled = 0

  constructor(
    private readonly seat: WorkerSeat,
    private readonly host: WorkerHost,
    private readonly setup: DelayedWorkersSetup,
  ) {
    this.depth = setup.depth
  }

  get hasWork(): boolean {
    return !this.#ended && (this.#running !== null || this.#ahead.length > 0)
  }

  get state(): unknown {
    return this.seat.cell?.value
  }

  start(): Started {
    return { kind: 'ready', reason: undefined }
  }

  give(job: Job): void {
    if (this.setup.faults?.newestFirst === true) this.#ahead.unshift(job)
    else this.#ahead.push(job)
    this.#arrives()
  }

  revoke(job: Job): boolean {
    const place = this.#ahead.indexOf(job)
    if (place < 0) return false
    if (this.setup.faults?.runsWhatItGaveBack !== true) this.#ahead.splice(place, 1)
    this.#arrives()
    return true
  }

  cancel(job: Job, reason: unknown): void {
    if (this.#running?.job === job && this.setup.faults?.deaf !== true) this.#running.controller.abort(reason)
  }

  /** One whose deadline had passed may begin after all. */
  deadlineMoved(): void {
    this.#arrives()
  }

  holdsAnswersOf(): boolean {
    return false
  }

  startOf(job: Job): number | null {
    return this.#running?.job === job ? this.#running.startedAt : null
  }

  die(cause: unknown): void {
    this.#ended = true
    this.host.died(cause, this.#running === null ? [] : [this.#running.job])
  }

  end(): void {
    this.#ended = true
  }

  /** Something may have arrived at the place where jobs are run. */
  #arrives(): void {
    const { clock } = this.setup
    clock.setTimer(clock.now() + NS_PER_MS, () => this.#beginNext())
  }

  #beginNext(): void {
    const job = this.#ahead[0]
    if (this.#ended || this.#running !== null || job === undefined) return
    // Its caller has given up; it will be taken back.
    if (!this.#isWanted(job) && this.setup.faults?.runsWhatItGaveBack !== true) return
    this.#ahead.shift()
    const startedAt = this.setup.clock.now()
    this.#running = { job, startedAt, controller: new AbortController() }
    this.host.progress.began(job, startedAt)
    void this.#run(this.#running)
  }

  async #run(running: Running): Promise<void> {
    const { job, startedAt } = running
    const { faults } = this.setup
    try {
      const step = await this.#commit(running)
      if (faults?.runsTwice === true) await this.#commit(running)
      if (this.#ended || (faults?.forgets === true && ++this.#handled % 3 === 0)) return
      this.#running = null
      this.host.done(job, step.following, this.setup.clock.now() - startedAt, 1)
    } catch (error) {
      if (this.#ended) return
      this.#running = null
      const runNs = this.setup.clock.now() - startedAt
      if (error instanceof HandlerFailed) this.host.failed(job, error.cause, runNs)
      else this.host.refused(job, error, runNs)
    }
    this.#beginNext()
  }

  async #commit({ job, controller }: Running) {
    const { faults } = this.setup
    const cell = this.seat.cell
    if (cell === undefined) throw new Error('these workers want a shared state')
    const first = cell.value
    return transact(cell, {
      run: async (state, attempt) => {
        this.host.progress.attempted(job, attempt)
        const message = job.companions === null ? job.message : [job, ...job.companions].map((each) => each.message)
        let result: unknown
        try {
          result = await job.handler.handle(message, faults?.losesCommits === true ? first : state, {
            signal: controller.signal,
          })
        } catch (error) {
          throw new HandlerFailed('', { cause: error })
        }
        const step = job.handler.toStep(result)
        if (faults?.answersEarly === true) this.#answer(job, step.value, state)
        return faults?.losesCommits === true && typeof step.next === 'object' ? forced(step) : step
      },
      admit: () => {
        const isWanted = [job, ...(job.companions ?? [])].some((each) => this.#isWanted(each))
        return (isWanted || faults?.commitsLate === true) && !this.#ended ? undefined : new Error('nobody waits for it')
      },
      committed: (step, state) => {
        if (step.kind === 'reply') this.#answer(job, step.value, state)
      },
    })
  }

  #answer(job: Job, value: unknown, state: unknown): void {
    const answer: unknown = typeof value === 'function' ? (value as (state: unknown) => unknown)(state) : value
    if (job.companions === null) return void job.succeed(answer, true)
    const mixes = this.setup.faults?.mixesBatches === true
    const answers = answer as readonly unknown[]
    ;[job, ...job.companions].forEach((each, i) => each.succeed(answers[mixes ? 0 : i], true))
  }

  #isWanted(job: Job): boolean {
    return (job.outcome === null || job.outcome === 'replied') && job.deadline > this.setup.clock.now()
  }
}

function forced<S extends object>(step: S): S {
  return Object.create(step, { mode: { value: 'overwrite' } }) as S
}
