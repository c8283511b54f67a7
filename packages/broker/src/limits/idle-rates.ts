import { type Nanos } from '@genpool/runtime'
import { Rate, type RateRules } from './rate'

/** This many rates are kept for other keys: more would leave the caches of the processor. */
const SPARE_RATES = 1024

/**
 * What the rates of idle keys still count, by the places of the keys.
 *
 * A rate is large. Of most idle keys, all that counts began at one time: two numbers say it.
 */
export class IdleRates {
  /** By place: when something last began, and what it cost together; 0 for nothing. */
  #at = new Float64Array(16)
  #cost = new Float64Array(16)
  /** By place: the rate of a key that began at several times; null for others. */
  #rates: (Rate | null)[] = []
  readonly #spare: Rate[] = []
  /** The latest begin that was kept: that time is over. */
  #latest: Nanos = -Infinity

  /** Keeps what a rate counts. The rate may be used for another key then. */
  keep(place: number, rate: Rate): void {
    if (place >= this.#rates.length) this.#fit(place + 1)
    const at = rate.newestAt
    if (at > this.#latest) this.#latest = at
    this.#at[place] = at
    this.#cost[place] = rate.sum
    if (!rate.isOfOneTime) this.#rates[place] = rate
    else if (this.#spare.length < SPARE_RATES) {
      rate.clear()
      this.#spare.push(rate)
    }
  }

  /** Returns a rate that counts what was kept. */
  take(place: number, rules: RateRules): Rate {
    const isKnown = place < this.#rates.length
    const cost = isKnown ? (this.#cost[place] as number) : 0
    const kept = isKnown ? (this.#rates[place] as Rate | null) : null
    this.clear(place)
    if (kept !== null) return kept
    const rate = this.#spare.length === 0 ? new Rate(rules) : (this.#spare.pop() as Rate)
    if (cost > 0) rate.add(cost, this.#at[place] as Nanos)
    return rate
  }

  /** Whether the rate of a place certainly counts nothing any more, with this interval. */
  isOver(place: number, interval: Nanos): boolean {
    return (
      place >= this.#rates.length || this.#cost[place] === 0 || (this.#at[place] as Nanos) + interval <= this.#latest
    )
  }

  /** Forgets what a place counts. */
  clear(place: number): void {
    if (place >= this.#rates.length) return
    this.#cost[place] = 0
    if (this.#rates[place] !== null) this.#rates[place] = null
  }

  /** How many places count something. */
  count(interval: Nanos, now: Nanos): number {
    let count = 0
    for (const place of this.#rates.keys())
      if (this.#cost[place] !== 0 && (this.#at[place] as Nanos) + interval > now) count++
    return count
  }

  /** Takes other rules over; null for no rate. What began before still counts. */
  configure(rules: RateRules | null): void {
    this.#spare.length = 0
    if (rules === null) this.#cost.fill(0)
    for (const [place, rate] of this.#rates.entries()) {
      if (rules === null) this.#rates[place] = null
      else rate?.configure(rules)
    }
  }

  /** Moves what each place has: `from` has the old places by the new ones. */
  move(from: readonly number[]): void {
    const [at, cost, rates] = [this.#at, this.#cost, this.#rates]
    this.#rates = from.map((place) => rates[place] ?? null)
    this.#at = Float64Array.from(from, (place) => at[place] ?? 0)
    this.#cost = Float64Array.from(from, (place) => cost[place] ?? 0)
  }

  /** Makes room for so many places. */
  #fit(places: number): void {
    while (this.#rates.length < places) this.#rates.push(null)
    if (places <= this.#at.length) return
    this.#at = copyOf(this.#at, 2 * places)
    this.#cost = copyOf(this.#cost, 2 * places)
  }
}

function copyOf(numbers: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(numbers)
  return copy
}
