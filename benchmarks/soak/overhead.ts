import { PerformanceObserver } from 'node:perf_hooks'

/** Buckets of 10 µs, up to 100 ms; what took longer is in the last one. */
const BUCKET_MS = 0.01
const BUCKETS = 10_000
/** What takes longer is compared with the collections. */
const SLOW_MS = 0.1
/** By when Node has told of a collection, in milliseconds. */
const TOLD_AFTER = 1000

interface Span {
  readonly from: number
  readonly to: number
}

/** How long calls took, without those during which a collection ran. */
export class Overhead {
  readonly #counts = new Uint32Array(BUCKETS)
  #slow: Span[] = []
  #collections: Span[] = []
  #measured = 0
  #during = 0
  #longest = 0
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      this.#collections.push({ from: startTime, to: startTime + duration })
  })

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** Counts a call, by `performance.now()`. */
  add(from: number, to: number): void {
    if (to - from < SLOW_MS) this.#count(to - from)
    else this.#slow.push({ from, to })
  }

  /** Sorts out slow calls of which it is known by now whether a collection ran. Call it about each second. */
  settle(now = performance.now()): void {
    const known = this.#slow.filter(({ to }) => now - to > TOLD_AFTER)
    this.#slow = this.#slow.filter(({ to }) => now - to <= TOLD_AFTER)
    for (const call of known) {
      if (this.#collections.some(({ from, to }) => from < call.to && to > call.from)) this.#during++
      else this.#count(call.to - call.from)
    }
    // A call that is not settled yet may have begun some time before.
    this.#collections = this.#collections.filter(({ to }) => now - to < 10 * TOLD_AFTER)
  }

  /** Settles the rest, and stops watching. */
  close(): void {
    this.settle(Infinity)
    this.#observer.disconnect()
  }

  /** The time within which this share of the calls was answered, in milliseconds. */
  percentile(share: number): number {
    let left = Math.ceil(share * this.#measured)
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0)
    return (bucket + 1) * BUCKET_MS
  }

  get longest(): number {
    return this.#longest
  }

  /** How many calls a collection interrupted. */
  get during(): number {
    return this.#during
  }

  #count(ms: number): void {
    this.#measured++
    this.#longest = Math.max(this.#longest, ms)
    this.#counts[Math.min(BUCKETS - 1, Math.floor(ms / BUCKET_MS))]!++
  }
}
