import { type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import type { Eventually } from '../behaviours/eventually'
import type { Job, JobStage, Started, Worker, WorkerFactory, WorkerHost, WorkerSeat } from '../work/worker'

/** Options of scripted workers. */
export interface ScriptedWorkersSetup {
  /** The time for deadlines, for example `() => clock.now()` of a virtual clock. */
  readonly now: () => Nanos
  /** The most jobs that a worker holds. Default 1. The `depth` of a worker can be changed later. */
  readonly depth?: number
}

const scriptedWorkersSetup = z.strictObject({
  now: z.custom<() => Nanos>((value) => typeof value === 'function', 'expected a function that returns the time'),
  depth: z.int().positive().default(1),
})

/** Workers that do only what the test says. */
export interface ScriptedWorkers extends WorkerFactory {
  /** The workers that have neither ended nor died, in the order in which they were made. */
  readonly alive: readonly ScriptedWorker[]
  /** The jobs that they hold, by worker and in order of arrival. */
  readonly jobs: readonly ScriptedJob[]
}

/** A job of a scripted worker. The test decides its outcome. */
export class ScriptedJob {
  #startedAt: Nanos | null = null

  constructor(
    readonly worker: ScriptedWorker,
    readonly job: Job,
  ) {}

  get message(): unknown {
    return this.job.message
  }

  get startedAt(): Nanos | null {
    return this.#startedAt
  }

  get hasBegun(): boolean {
    return this.#startedAt !== null
  }

  /**
   * Claims the job and starts to run it.
   *
   * @returns false, and nothing changes, if it was taken back, has an outcome, has expired, or has begun
   */
  begin(): boolean {
    const now = this.worker.now()
    if (!this.worker.holds(this.job) || this.hasBegun || !isWanted(this.job, now)) return false
    this.#startedAt = now
    const { progress } = this.worker.host
    progress.began(this.job, now)
    progress.attempted(this.job, { number: 1, exclusive: false })
    return true
  }

  /** Answers the job, and ends it as done. A job that is no longer wanted is refused instead. */
  finish(value?: unknown): void {
    const jobs = [this.job, ...(this.job.companions ?? [])]
    if (!jobs.some((job) => isWanted(job, this.worker.now()))) return this.refuse(new Error('no longer wanted'))
    this.#end((host, runNs) => {
      for (const job of jobs) job.succeed(value, job.expectsAnswer)
      host.done(this.job, undefined, runNs, 1)
    })
  }

  /** Ends the job without an answer: it may be answered later. */
  leave(): void {
    this.#end((host, runNs) => host.done(this.job, undefined, runNs, 1))
  }

  /** Ends the job as failed. */
  crash(cause: unknown = new Error('scripted crash')): void {
    this.#end((host, runNs) => host.failed(this.job, cause, runNs))
  }

  /** Ends the job as refused at its commit. */
  refuse(error: unknown): void {
    this.#end((host, runNs) => host.refused(this.job, error, runNs))
  }

  #end(report: (host: WorkerHost, runNs: Nanos) => void): void {
    if (!this.hasBegun) throw new Error('This job has not begun. Call "begin" first.')
    const { worker } = this
    if (worker.holds(this.job)) {
      worker.forget(this.job)
      report(worker.host, worker.now() - (this.#startedAt ?? 0))
    }
  }
}

/** One scripted worker. */
export class ScriptedWorker implements Worker {
  readonly commits = false
  /** Why the worker ended; null while it lives. */
  ended: { readonly reason: unknown } | null = null
  /** Jobs whose callers gave up after the jobs had begun. */
  readonly cancelled: Job[] = []
  readonly #jobs = new Map<Job, ScriptedJob>()

  constructor(
    readonly seat: WorkerSeat,
    readonly host: WorkerHost,
    readonly now: () => Nanos,
    public depth: number,
  ) {}

  /** The jobs that it holds, in order of arrival. */
  get jobs(): readonly ScriptedJob[] {
    return [...this.#jobs.values()]
  }

  get state(): unknown {
    return this.seat.cell?.value
  }

  start(): Started {
    return { kind: 'ready', reason: undefined }
  }

  give(job: Job): void {
    this.#jobs.set(job, new ScriptedJob(this, job))
  }

  revoke(job: Job): boolean {
    const held = this.#jobs.get(job)
    if (held === undefined || held.hasBegun) return false
    return this.#jobs.delete(job)
  }

  cancel(job: Job): void {
    this.cancelled.push(job)
  }

  holdsAnswersOf(): boolean {
    return false
  }

  startOf(job: Job): Nanos | null {
    return this.#jobs.get(job)?.startedAt ?? null
  }

  /** Override it for a worker whose results come late. */
  stageOf(_job: Job): JobStage {
    return 'runs'
  }

  /** Makes the worker die, like a thread that runs out of memory. */
  die(cause: unknown = new Error('scripted death')): void {
    if (this.ended !== null) return
    this.ended = { reason: cause }
    const begun = this.jobs.filter(({ hasBegun }) => hasBegun)
    this.host.died(
      cause,
      begun.map(({ job }) => job),
    )
    this.#jobs.clear()
  }

  end(reason: unknown): Eventually<void> {
    this.ended ??= { reason }
    this.#jobs.clear()
  }

  /** Whether it has this job, begun or not. */
  holds(job: Job): boolean {
    return this.#jobs.has(job)
  }

  /** Drops a job that is about to be reported. */
  forget(job: Job): void {
    this.#jobs.delete(job)
  }
}

/**
 * Makes workers that the test controls: jobs begin, end and crash, and workers die, when the test says so.
 *
 * @example
 * const workers = scriptedWorkers({ depth: 2, now: () => clock.now() })
 * const pool = spawnPool(system, withWorkers(behaviour, workers), 'pool', { size: 1, clock })
 * const answer = call(pool, { type: 'add', value: 1 })
 * await clock.settle()
 * const job = workers.jobs[0]!
 * job.begin()
 * job.finish(1)
 * await answer // 1
 */
export function scriptedWorkers(setup: ScriptedWorkersSetup): ScriptedWorkers {
  const { now, depth } = parseOptions(scriptedWorkersSetup, setup, 'options of scriptedWorkers')
  const made: ScriptedWorker[] = []
  const alive = (): readonly ScriptedWorker[] => made.filter(({ ended }) => ended === null)
  return {
    get alive() {
      return alive()
    },
    get jobs() {
      return alive().flatMap(({ jobs }) => jobs)
    },
    create(seat, host) {
      const worker = new ScriptedWorker(seat, host, now, depth)
      made.push(worker)
      return worker
    },
  }
}

function isWanted(job: Job, now: Nanos): boolean {
  const hasFailed = job.outcome !== null && job.outcome !== 'replied'
  return !hasFailed && job.deadline > now
}
