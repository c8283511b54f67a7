import { type Nanos } from '@genpool/runtime'
import { Waiting } from '../../src'

/** A message of the model. */
export interface Task {
  readonly id: number
  readonly tenant: string | undefined
  readonly user: string | undefined
  readonly cost: number
}

export class Job extends Waiting {
  constructor(
    readonly task: Task,
    sentAt: Nanos,
  ) {
    super(sentAt)
  }

  override get subject(): Task {
    return this.task
  }
}

export interface ModelRules {
  readonly rate: {
    readonly limit: number
    readonly interval: number
    readonly by: boolean
    readonly cost: boolean
  } | null
  readonly limits: {
    readonly concurrency: number
    readonly rate: { readonly limit: number; readonly interval: number; readonly cost: boolean } | null
  } | null
}

type Begin = { readonly at: Nanos; readonly job: Job }

/** Limits in the plainest way: looks at all that wait, and at all that ever began. */
export class LimitModel {
  readonly waiting: Job[] = []
  readonly running = new Set<Job>()
  begins: Begin[] = []
  idle = 0

  constructor(public rules: ModelRules) {}

  /** Begins what may begin, in order: the most urgent first, then the oldest. */
  match(now: Nanos): Job[] {
    const begun: Job[] = []
    while (this.idle > 0) {
      const [best] = this.waiting.filter((job) => this.isFree(job, now)).sort((a, b) => (isBefore(a, b) ? -1 : 1))
      if (best === undefined || !this.#passesGate(best, now)) break
      this.waiting.splice(this.waiting.indexOf(best), 1)
      this.running.add(best)
      this.begins.push({ at: now, job: best })
      this.idle--
      begun.push(best)
    }
    return begun
  }

  /** Whether no key holds it. */
  isFree(job: Job, now: Nanos): boolean {
    const { limits, rate } = this.rules
    const { tenant, user } = job.task
    if (!this.#hasTurn(job)) return false
    if (limits !== null && tenant !== undefined) {
      const ofTenant = [...this.running].filter(({ task }) => task.tenant === tenant).length
      if (ofTenant >= limits.concurrency) return false
      const used = this.#used(limits.rate, now, (task) => task.tenant === tenant)
      const { rate } = limits
      const fits = (other: Job): boolean => rate === null || used + costOf(other, rate) <= rate.limit
      // A small one does not pass a great one of its key that waits for the rate.
      const before = (other: Job): boolean =>
        other.task.tenant === tenant && isBefore(other, job) && this.#hasTurn(other) && !fits(other)
      if (!fits(job) || this.waiting.some(before)) return false
    }
    if (rate === null || !rate.by || user === undefined) return true
    const used = this.#used(rate, now, (task) => task.user === user)
    const fits = (other: Job): boolean => used + costOf(other, rate) <= rate.limit
    const before = (other: Job): boolean =>
      rate.cost && other.task.user === user && isBefore(other, job) && this.#hasTurn(other) && !fits(other)
    return fits(job) && !this.waiting.some(before)
  }

  #hasTurn(job: Job): boolean {
    if (job.key === undefined) return true
    if ([...this.running].some(({ key }) => key === job.key)) return false
    return this.waiting.find(({ key }) => key === job.key) === job
  }

  #passesGate(job: Job, now: Nanos): boolean {
    const { rate } = this.rules
    return rate === null || rate.by || this.#used(rate, now, () => true) + costOf(job, rate) <= rate.limit
  }

  #used(
    rate: { readonly interval: number; readonly cost: boolean } | null,
    now: Nanos,
    counts: (task: Task) => boolean,
  ): number {
    if (rate === null) return 0
    const since = now - rate.interval * 1_000_000
    return this.begins
      .filter(({ at, job }) => at > since && counts(job.task))
      .reduce((sum, { job }) => sum + costOf(job, rate), 0)
  }
}

function isBefore(a: Job, b: Job): boolean {
  return a.priority > b.priority || (a.priority === b.priority && a.sentAt < b.sentAt)
}

function costOf({ task }: Job, { cost }: { readonly cost: boolean }): number {
  return cost ? task.cost : 1
}
