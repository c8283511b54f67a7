import { type Nanos } from '@genpool/runtime'
import { Rate, type RateRules } from './rate'

/** The cost of a key whose rate is kept, since it began at several times. */
const SEVERAL = -1

/**
 * What the rates of idle keys still count, by the places of the keys.
 *
 * A rate is large. Of most idle keys, all that counts began at one time: two numbers say it.
 */
export class IdleRates {
  /** By place: when something last began, and what it cost together; 0 for nothing. Side by side, for the processor's caches. */
  #counts = new Float64Array(32)
  /** By place: the rate of a key that began at several times; null for others. */
  readonly #rates: (Rate | null)[] = []
  /** The latest begin that was kept: that time is over. */
  #latest: Nanos = -Infinity

  /** Keeps what a rate counts. Returns the rate, which counts nothing now, unless it is kept itself. */
  keep(place: number, rate: Rate): Rate | null {
    if (2 * place >= this.#counts.length) this.#counts = copyOf(this.#counts, 4 * (place + 1))
    const at = rate.newestAt
    if (at > this.#latest) this.#latest = at
    this.#counts[2 * place] = at
    if (!rate.isOfOneTime) {
      this.#counts[2 * place + 1] = SEVERAL
      this.#keepRate(place, rate)
      return null
    }
    this.#counts[2 * place + 1] = rate.sum
    rate.clear()
    return rate
  }

  /** Returns a rate that counts what was kept. @param empty one that counts nothing; null to make one */
  take(place: number, empty: Rate | null, rules: RateRules): Rate {
    const cost = this.#costOf(place)
    const rate = (cost === SEVERAL ? this.#rates[place] : empty) ?? new Rate(rules)
    if (cost > 0) rate.add(cost, this.#counts[2 * place] as Nanos)
    this.clear(place)
    return rate
  }

  /** Whether the rate of a place certainly counts nothing any more, with this interval. */
  isOver(place: number, interval: Nanos): boolean {
    return this.#costOf(place) === 0 || (this.#counts[2 * place] as Nanos) + interval <= this.#latest
  }

  /** Forgets what a place counts. */
  clear(place: number): void {
    const cost = this.#costOf(place)
    if (cost !== 0) this.#counts[2 * place + 1] = 0
    if (cost === SEVERAL) this.#rates[place] = null
  }

  /** How many places count something. */
  count(interval: Nanos, now: Nanos): number {
    let count = 0
    for (let at = 0; at < this.#counts.length; at += 2)
      if (this.#counts[at + 1] !== 0 && (this.#counts[at] as Nanos) + interval > now) count++
    return count
  }

  /** Takes other rules over; null for no rate. What began before still counts. */
  configure(rules: RateRules | null): void {
    if (rules !== null) for (const rate of this.#rates) rate?.configure(rules)
    else {
      this.#counts.fill(0)
      this.#rates.length = 0
    }
  }

  /** Moves what each place has: `from` has the old places by the new ones. */
  move(from: readonly number[]): void {
    const counts = this.#counts
    const rates = this.#rates.splice(0)
    this.#counts = new Float64Array(2 * from.length)
    for (const [place, old] of from.entries()) {
      this.#counts[2 * place] = counts[2 * old] ?? 0
      this.#counts[2 * place + 1] = counts[2 * old + 1] ?? 0
      const rate = rates[old] ?? null
      if (rate !== null) this.#keepRate(place, rate)
    }
  }

  #costOf(place: number): number {
    return 2 * place < this.#counts.length ? (this.#counts[2 * place + 1] as number) : 0
  }

  #keepRate(place: number, rate: Rate): void {
    while (this.#rates.length <= place) this.#rates.push(null)
    this.#rates[place] = rate
  }
}

function copyOf(numbers: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(numbers)
  return copy
}
