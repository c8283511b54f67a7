import { type Nanos } from '@genpool/runtime'

/** This many forgotten numbers are kept at the front before the log is moved. */
const SLACK = 128

/**
 * Counts the cost that began within the last `span`, exactly: it remembers each time at which something began.
 *
 * A begin counts from its time until just before `span` later. So no window of that length holds more than `limit`, and
 * whatever fits may begin at once. Times never decrease between calls.
 */
export class SlidingWindow {
  /** A time, its cost, the next time, its cost and so on. Made with the first one: of many keys, most have few. */
  #log: number[] | null = null
  #head = 0
  #sum = 0

  constructor(
    public limit: number,
    public span: Nanos,
  ) {}

  /** The cost in the window that ends now. */
  used(now: Nanos): number {
    const log = this.#log
    if (log === null) return 0
    while (this.#head < log.length && (log[this.#head] as Nanos) + this.span <= now) {
      this.#sum -= log[this.#head + 1] as number
      this.#head += 2
    }
    if (this.#head === log.length) this.#keep(null)
    else if (this.#head > SLACK && this.#head * 2 > log.length) this.#keep(log.slice(this.#head))
    return this.#sum
  }

  fits(cost: number, now: Nanos): boolean {
    return this.used(now) + cost <= this.limit
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` if it is more than the limit. */
  opensAt(cost: number, now: Nanos): Nanos {
    let excess = this.used(now) + cost - this.limit
    if (excess <= 0) return now
    const log = this.#log ?? []
    for (let i = this.#head; i < log.length; i += 2) {
      excess -= log[i + 1] as number
      if (excess <= 0) return (log[i] as Nanos) + this.span
    }
    return Infinity
  }

  /** Reports that something of this cost begins now. */
  add(cost: number, now: Nanos): void {
    this.#sum += cost
    const log = this.#log
    if (log === null) {
      this.#log = [now, cost]
      return
    }
    const last = log.length - 2
    if (last >= this.#head && log[last] === now) log[last + 1] = (log[last + 1] as number) + cost
    else log.push(now, cost)
  }

  /** Takes back what was added with `add(cost, at)`: it did not begin after all. */
  undo(cost: number, at: Nanos): void {
    const log = this.#log ?? []
    for (let i = log.length - 2; i >= this.#head; i -= 2) {
      const time = log[i] as Nanos
      if (time < at) return
      if (time > at) continue
      log[i + 1] = (log[i + 1] as number) - cost
      this.#sum -= cost
    }
  }

  #keep(log: number[] | null): void {
    this.#log = log
    this.#head = 0
  }
}
