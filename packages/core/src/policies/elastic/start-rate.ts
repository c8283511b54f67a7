import { type Nanos } from '@genpool/runtime'

/** Counts starts in a sliding window. Pure: the time is an argument. */
export class StartRate {
  #times: Nanos[] = []

  /** Whether one more may start, if at most `limit` may within an interval. */
  allows({ limit, interval }: { readonly limit: number; readonly interval: Nanos }, now: Nanos): boolean {
    this.#times = this.#times.filter((time) => now - time < interval)
    return this.#times.length < limit
  }

  started(now: Nanos): void {
    this.#times.push(now)
  }
}
