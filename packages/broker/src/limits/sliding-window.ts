import { type Nanos } from '@genpool/runtime'

/** This many forgotten entries are kept at the front before the log is moved. */
const SLACK = 64

/**
 * Counts the cost that began within the last `span`, exactly: it remembers each time at which something began.
 *
 * A begin counts from its time until just before `span` later. So no window of that length holds more than `limit`, and
 * whatever fits may begin at once. Times never decrease between calls.
 */
export class SlidingWindow {
  #times: Nanos[] = []
  #costs: number[] = []
  #head = 0
  #sum = 0

  constructor(
    public limit: number,
    public span: Nanos,
  ) {}

  /** The cost in the window that ends now. */
  used(now: Nanos): number {
    while (this.#head < this.#times.length && (this.#times[this.#head] as Nanos) + this.span <= now) {
      this.#sum -= this.#costs[this.#head++] as number
    }
    if (this.#head > SLACK && this.#head * 2 > this.#times.length) this.#compact()
    return this.#sum
  }

  fits(cost: number, now: Nanos): boolean {
    return this.used(now) + cost <= this.limit
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` if it is more than the limit. */
  opensAt(cost: number, now: Nanos): Nanos {
    let excess = this.used(now) + cost - this.limit
    if (excess <= 0) return now
    for (let i = this.#head; i < this.#times.length; i++) {
      excess -= this.#costs[i] as number
      if (excess <= 0) return (this.#times[i] as Nanos) + this.span
    }
    return Infinity
  }

  /** Reports that something of this cost begins now. */
  add(cost: number, now: Nanos): void {
    const last = this.#times.length - 1
    if (last >= this.#head && this.#times[last] === now) this.#costs[last] = (this.#costs[last] as number) + cost
    else {
      this.#times.push(now)
      this.#costs.push(cost)
    }
    this.#sum += cost
  }

  /** Takes back what was added with `add(cost, at)`: it did not begin after all. */
  undo(cost: number, at: Nanos): void {
    for (let i = this.#times.length - 1; i >= this.#head; i--) {
      const time = this.#times[i] as Nanos
      if (time < at) return
      if (time > at) continue
      this.#costs[i] = (this.#costs[i] as number) - cost
      this.#sum -= cost
    }
  }

  #compact(): void {
    this.#times = this.#times.slice(this.#head)
    this.#costs = this.#costs.slice(this.#head)
    this.#head = 0
  }
}
