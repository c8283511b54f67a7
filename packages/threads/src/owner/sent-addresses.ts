import type { Job, WorkerSeat } from '@genpool/core'
import { findActor, type Reference } from '@genpool/runtime'

/** The reply addresses that a thread has sent away: nact finds them in the system of the pool. */
export class SentAddresses {
  readonly #jobs = new Map<string, Job>()

  constructor(
    private readonly seat: WorkerSeat,
    /** An answer has come to one of them. */
    private readonly resolved: (id: number, value: unknown) => void,
  ) {}

  /** From now on nact finds the reply address of this job, wherever its thread has sent it. */
  open(id: number, job: Job): void {
    const { facts, info } = this.seat
    const address = `thread:${facts.path.parts.join('/')}/${info.name}/${id}`
    this.#jobs.set(address, job)
    systemOf(this.seat).tempReferences.set(address, { resolve: (value) => this.resolved(id, value) })
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
  }
}

function systemOf({ facts }: WorkerSeat): { readonly tempReferences: Map<unknown, { resolve(value: unknown): void }> } {
  const reference = facts.self as unknown as Reference
  const found = findActor({ ...reference, type: 'system' })
  return (found ?? { tempReferences: new Map() }) as never
}
