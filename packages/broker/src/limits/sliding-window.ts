import { type Nanos } from '@genpool/runtime'

/** How much may begin within any span. */
export interface WindowRules {
  readonly limit: number
  readonly interval: Nanos
}

/** A log that has once held more numbers than this is not kept when it is empty. */
const KEPT = 256

/**
 * Counts the cost that began within the last `interval`, exactly: it remembers each time at which something began.
 *
 * A begin counts from its time until just before `interval` later. So no window of that length holds more than `limit`, and
 * whatever fits may begin at once. Times never decrease between calls.
 *
 * What is over is forgotten when something begins, or when it matters: far below the limit, a look is one comparison.
 */
export class SlidingWindow {
  /** The cost of what has begun and is not forgotten. */
  sum = 0
  /** The newest time at which something began, and its cost. Of many keys, most have no other. */
  newestAt: Nanos = -Infinity
  private newestCost = 0
  /** The times before and their costs, a ring: a time, its cost, the next time, its cost and so on. */
  private log: number[] | null = null
  /** Where the oldest is in the ring, and how many numbers it holds. */
  private head = 0
  private held = 0

  constructor(public rules: WindowRules) {}

  /** Whether all that is not forgotten began at the same time. */
  get isOfOneTime(): boolean {
    return this.held === 0
  }

  /** The cost in the window that ends now. */
  used(now: Nanos): number {
    if (this.held > 0) this.#forgetUntil(now - this.rules.interval)
    if (this.newestAt + this.rules.interval <= now) this.clear()
    return this.sum
  }

  fits(cost: number, now: Nanos): boolean {
    const { limit } = this.rules
    return this.sum + cost <= limit || this.used(now) + cost <= limit
  }

  /** When `cost` fits if nothing begins meanwhile: now, later, or `Infinity` if it is more than the limit. */
  opensAt(cost: number, now: Nanos): Nanos {
    const { limit, interval } = this.rules
    if (this.sum + cost <= limit) return now
    let excess = this.used(now) + cost - limit
    if (excess <= 0) return now
    const log = this.log ?? []
    for (let i = 0; i < this.held; i += 2) {
      const at = (this.head + i) & (log.length - 1)
      excess -= log[at + 1] as number
      if (excess <= 0) return (log[at] as Nanos) + interval
    }
    return excess <= this.newestCost ? this.newestAt + interval : Infinity
  }

  /** Reports that something of this cost begins now. */
  add(cost: number, now: Nanos): void {
    if (now !== this.newestAt) {
      if (this.sum > 0 && this.used(now) > 0) this.#keepNewest()
      this.newestAt = now
      this.newestCost = 0
    }
    this.newestCost += cost
    this.sum += cost
  }

  /** Takes back what was added with `add(cost, at)`: it did not begin after all. */
  undo(cost: number, at: Nanos): void {
    if (at === this.newestAt) {
      this.newestCost -= cost
      this.sum -= cost
      return
    }
    const log = this.log ?? []
    for (let i = this.held - 2; i >= 0; i -= 2) {
      const place = (this.head + i) & (log.length - 1)
      if ((log[place] as Nanos) < at) return
      if (log[place] !== at) continue
      log[place + 1] = (log[place + 1] as number) - cost
      this.sum -= cost
    }
  }

  /** Forgets all that has begun. */
  clear(): void {
    this.sum = this.newestCost = this.head = this.held = 0
    this.newestAt = -Infinity
    if (this.log !== null && this.log.length > KEPT) this.log = null
  }

  /** Forgets what began at or before `end`, without the newest. */
  #forgetUntil(end: Nanos): void {
    const log = this.log as number[]
    while (this.held > 0 && (log[this.head] as Nanos) <= end) {
      this.sum = whole(this.sum - (log[this.head + 1] as number))
      this.head = (this.head + 2) & (log.length - 1)
      this.held -= 2
    }
  }

  /** Puts the newest into the ring: another one follows. */
  #keepNewest(): void {
    if (this.log === null || this.held === this.log.length) this.#grow()
    const log = this.log as unknown as number[]
    const end = (this.head + this.held) & (log.length - 1)
    log[end] = this.newestAt
    log[end + 1] = this.newestCost
    this.held += 2
  }

  /** Doubles the ring. */
  #grow(): void {
    const old = this.log ?? []
    const log: number[] = []
    for (let i = 0; i < this.held; i++) log.push(old[(this.head + i) & (old.length - 1)] as number)
    // The new half is filled up, since V8 reads and writes beyond the end of a list slowly.
    for (let length = Math.max(4, 2 * this.held); log.length < length;) log.push(0.5)
    this.log = log
    this.head = 0
  }
}

/** The same number. Fast path: what comes out of a list of times is no small integer for V8, and a sum of such lies elsewhere. */
function whole(value: number): number {
  const small = value | 0
  return small === value ? small : value
}
