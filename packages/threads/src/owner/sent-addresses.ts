import type { GenPoolError, Job, WorkerSeat } from '@genpool/core'
import { findActor, readSafely, type Reference } from '@genpool/runtime'

/** An answer that has come to one of the addresses. */
interface Kept {
  readonly job: Job
  readonly value: unknown
}

/**
 * The reply addresses that a thread has sent away: nact finds them in the system of the pool. An answer stays here, since it may be
 * anything: its thread decides whether it is the answer, and when it is given.
 */
export class SentAddresses {
  readonly #jobs = new Map<string, Job>()
  readonly #kept = new Map<number, Kept>()
  #lastKept = 0

  constructor(
    private readonly seat: WorkerSeat,
    /** An answer has come to one of them, and is kept under this number. */
    private readonly resolved: (id: number, kept: number) => void,
  ) {}

  /** From now on nact finds the reply address of this job, wherever its thread has sent it. */
  open(id: number, job: Job): void {
    const { facts, info } = this.seat
    const address = `thread:${facts.path.parts.join('/')}/${info.name}/${id}`
    this.#jobs.set(address, job)
    systemOf(this.seat).tempReferences.set(address, { resolve: (value) => this.resolved(id, this.#keep(job, value)) })
  }

  #keep(job: Job, value: unknown): number {
    // It may not become the answer.
    if (isPromise(value)) Promise.resolve(value).catch(() => undefined)
    this.#kept.set(++this.#lastKept, { job, value })
    return this.#lastKept
  }

  /** Gives a job the answer that is kept under this number. A promise is waited for. @param failure its error if that rejects */
  answer(job: Job, kept: number, failure: (error: unknown) => GenPoolError): void {
    const value = this.#kept.get(kept)?.value
    if (!isPromise(value)) return void job.succeed(value, true)
    void Promise.resolve(value).then(
      (answer) => job.succeed(answer, true),
      (error: unknown) => job.fail(failure(error)),
    )
  }

  /** Forgets those whose jobs are settled. */
  sweep(): void {
    if (this.#jobs.size === 0) return
    const { tempReferences } = systemOf(this.seat)
    for (const [address, { outcome }] of this.#jobs) {
      if (outcome === null) continue
      this.#jobs.delete(address)
      tempReferences.delete(address)
    }
    for (const [number, { job }] of this.#kept) if (job.outcome !== null) this.#kept.delete(number)
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return readSafely(() => typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function', false)
}

function systemOf({ facts }: WorkerSeat): { readonly tempReferences: Map<unknown, { resolve(value: unknown): void }> } {
  const reference = facts.self as unknown as Reference
  const found = findActor({ ...reference, type: 'system' })
  return (found ?? { tempReferences: new Map() }) as never
}
