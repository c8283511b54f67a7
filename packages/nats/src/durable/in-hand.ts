import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Job } from './job-runs'

/** The casts that a consumer has in hand, the oldest first. */
export class InHand implements Iterable<Job> {
  readonly #all = new Set<Job>()
  /** The same, by their places: the newest of each. */
  readonly #bySeq = new Map<number, Job>()
  /** Those who want to know when nothing is in hand. */
  readonly #waiting: (() => void)[] = []

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): Iterator<Job> {
    return this.#all.values()
  }

  /** The newest one of this place in the stream. */
  at(seq: number): Job | undefined {
    return this.#bySeq.get(seq)
  }

  /** How long the oldest one has been here, in milliseconds. */
  oldestMs(now: Nanos): number {
    const [oldest] = this.#all
    return oldest === undefined ? 0 : (now - oldest.since) / NS_PER_MS
  }

  /** How many times one of them ended since its consumer was stopped: of that for which it is the most. */
  get mostStops(): number {
    let most = 0
    for (const { kept } of this.#all) most = Math.max(most, kept.tries.stops ?? 0)
    return most
  }

  add(job: Job): void {
    this.#all.add(job)
    this.#bySeq.set(job.incoming.seq, job)
  }

  remove(job: Job): void {
    this.#all.delete(job)
    if (this.#bySeq.get(job.incoming.seq) === job) this.#bySeq.delete(job.incoming.seq)
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Tells those who wait for it, if nothing is in hand. */
  tellIdle(): void {
    if (this.size > 0) return
    for (const done of this.#waiting.splice(0)) done()
  }
}
