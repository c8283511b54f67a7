import type { Nanos } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { Following } from '../behaviours/step'
import type { Request } from '../requests/request'
import type { Job, Progress, WorkerHost } from './worker'

/** The host of a user's worker: passes each report of a job on once, and ignores reports out of turn. */
export class GuardedHost implements WorkerHost, Progress {
  readonly progress = this
  readonly #given = new Set<Job>()
  readonly #begun = new Set<Job>()

  constructor(private readonly host: WorkerHost) {}

  get inHand(): { readonly first: Job | null } {
    return this.host.inHand
  }

  /** The worker is given a job. */
  gave(job: Job): void {
    this.#given.add(job)
  }

  /** The worker has given a job back. */
  revoked(job: Job): void {
    this.#given.delete(job)
  }

  /** The worker did not give a job back: it counts as begun, whatever the worker has reported so far. */
  kept(job: Job, startedAt: Nanos | null): void {
    this.began(job, startedAt ?? (job as Request).owner.turn.now())
  }

  /** The worker has ended: what it still reports is ignored. */
  end(): void {
    this.#given.clear()
    this.#begun.clear()
  }

  began(job: Job, at: Nanos): void {
    if (!this.#given.has(job) || this.#begun.has(job)) return
    this.#begun.add(job)
    this.host.progress.began(job, at)
  }

  attempted(job: Job, attempt: { readonly number: number; readonly exclusive: boolean }): void {
    if (this.#begun.has(job)) this.host.progress.attempted(job, attempt)
  }

  done(job: Job, then: Following | undefined, runNs: Nanos, times: number): void {
    if (this.#ends(job)) this.host.done(job, then, runNs, times)
  }

  failed(job: Job, cause: unknown, runNs: Nanos): void {
    if (this.#ends(job)) this.host.failed(job, cause, runNs)
  }

  refused(job: Job, error: unknown, runNs: Nanos): void {
    if (this.#ends(job)) this.host.refused(job, error, runNs)
  }

  returned(job: Job): void {
    if (this.#begun.has(job) || !this.#given.delete(job)) return
    this.host.returned(job)
  }

  died(cause: unknown, begun: readonly Job[], received: readonly Job[] = []): void {
    // What it had begun before cannot run elsewhere, though it may say nothing of that now.
    const lost = [...new Set([...begun, ...this.#begun])].filter((job) => this.#given.has(job))
    // It may have begun them without a report.
    for (const job of lost) this.began(job, (job as Request).owner.turn.now())
    const others = received.filter((job) => this.#given.has(job) && !lost.includes(job))
    this.end()
    this.host.died(cause, lost, others)
  }

  /** Whether this is the end of a job that has begun. A worker that ends a job that has not begun breaks the rules: it is replaced. */
  #ends(job: Job): boolean {
    if (this.#begun.delete(job)) return this.#given.delete(job)
    if (!this.#given.has(job)) return false
    const message = 'the worker reported the end of a job without its beginning; call progress.began(job, at) first'
    this.died(new InvalidError('report of a worker', [{ path: [], message }]), [job])
    return false
  }
}
