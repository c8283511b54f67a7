import { type Nanos } from '@genpool/runtime'

/** The weight of the past after one departure: the estimate follows the last few dozen. */
const MEMORY = 1 - 1 / 32

/**
 * Measures the time between departures from a queue while it is not empty, that is, while all members are busy.
 *
 * The estimate survives idle phases, and idle time does not count. An unusually long gap counts before it has ended.
 */
export class Departures {
  /** The number of departures and their total time; older ones count less and less. */
  #count = 0
  #time: Nanos = 0
  /** Since when the current gap lasts; NaN while the queue is empty. */
  #since: Nanos = NaN

  /** Reports that the queue is no longer empty. */
  begin(now: Nanos): void {
    if (Number.isNaN(this.#since)) this.#since = now
  }

  /** Reports that the queue is empty. */
  rest(): void {
    this.#since = NaN
  }

  /** Reports that a queued request went to a member. */
  depart(now: Nanos): void {
    if (Number.isNaN(this.#since)) return
    this.#count = this.#count * MEMORY + 1
    this.#time = this.#time * MEMORY + (now - this.#since)
    this.#since = now
  }

  /** The time between departures; 0 while it is not known. */
  gap(now: Nanos): Nanos {
    if (this.#count === 0) return 0
    const usual = this.#time / this.#count
    const present = now - this.#since
    return present > usual ? (this.#time + present) / (this.#count + 1) : usual
  }
}
