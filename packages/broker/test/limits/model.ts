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
  /** Until when all are held, and each tenant or user. */
  heldUntil = -Infinity
  readonly heldKeys = new Map<string, Nanos>()
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

  /** Holds a key, or all, until a time; the longest wins. Returns the key. */
  backOff(job: Job, scope: { readonly key?: string | null }, until: Nanos): string | undefined {
    const { limits, rate } = this.rules
    const ofTenant = limits === null ? undefined : (scope.key ?? job.task.tenant)
    const ofUser = rate?.by !== true ? undefined : (scope.key ?? job.task.user)
    const key = scope.key === null ? undefined : (ofTenant ?? ofUser)
    if (key === undefined) this.heldUntil = Math.max(this.heldUntil, until)
    else {
      const name = `${ofTenant === undefined ? 'user' : 'tenant'} ${key}`
      this.heldKeys.set(name, Math.max(this.heldKeys.get(name) ?? -Infinity, until))
    }
    return key
  }

  #isHeld(name: string, now: Nanos): boolean {
    return (this.heldKeys.get(name) ?? -Infinity) > now
  }

  /** Whether no key holds it. */
  isFree(job: Job, now: Nanos): boolean {
    const { limits, rate } = this.rules
    const { tenant, user } = job.task
    if (!this.#hasTurn(job)) return false
    if (limits !== null && this.#isHeld(`tenant ${tenant}`, now)) return false
    if (rate?.by === true && this.#isHeld(`user ${user}`, now)) return false
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
    if (this.heldUntil > now) return false
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
