import { type Nanos } from '@genpool/runtime'

/** How much of the past one departure leaves: the estimate follows the last few dozen. */
const MEMORY = 1 - 1 / 32

/**
 * Measures the time between departures from a queue while somebody waits in it, so while all members are busy.
 *
 * What was learnt survives idle phases; an idle phase itself teaches nothing. While nobody leaves for unusually long, that
 * counts, too, without waiting for the end of it.
 */
export class Departures {
  /** Departures, and the time that they took, both fading. */
  #count = 0
  #time: Nanos = 0
  /** Since when the present gap lasts; NaN while nobody waits. */
  #since: Nanos = NaN

  /** Somebody waits from now on. */
  begin(now: Nanos): void {
    if (Number.isNaN(this.#since)) this.#since = now
  }

  /** Nobody waits from now on. */
  rest(): void {
    this.#since = NaN
  }

  /** One of those who waited left for a member. */
  depart(now: Nanos): void {
    if (Number.isNaN(this.#since)) return
    this.#count = this.#count * MEMORY + 1
    this.#time = this.#time * MEMORY + (now - this.#since)
    this.#since = now
  }

  /** The time between departures, 0 while that is not known. */
  gap(now: Nanos): Nanos {
    if (this.#count === 0) return 0
    const usual = this.#time / this.#count
    const present = now - this.#since
    return present > usual ? (this.#time + present) / (this.#count + 1) : usual
  }
}
