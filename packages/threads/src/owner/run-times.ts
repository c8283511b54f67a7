import { type Nanos, NS_PER_MS } from '@genpool/runtime'

const WEIGHT = 1 / 16
const LEAST = 2
const MOST = 64
/** So many messages are there if they take no longer than this together: then answers may come several at once. */
const FEW = 5
const FEW_NS = 7.5 * NS_PER_MS
/**
 * While others wait in the queue, so many, as long as they take no longer than this, and than those wait: the thread goes on while the
 * pool's own thread waits for a core, which takes as long as the system lets others have it (some 3 ms).
 */
const SEVERAL = 16
const SEVERAL_NS = 16 * NS_PER_MS

/** How much work a thread should hold: so much that the next message is there when one is done. */
export class RunTimes {
  #meanNs = NS_PER_MS / 8
  /** How many messages have run. */
  count = 0
  /** The most messages that the thread may hold since it has given some back. */
  #most = Infinity
  /** How long the last message waited in the queue. */
  #waitedNs: Nanos = 0

  /** @param prefetch the number of messages, or `auto` */
  constructor(private readonly prefetch: number | 'auto') {}

  ran(runNs: Nanos): void {
    this.count++
    this.#most = Infinity
    this.#meanNs += (runNs - this.#meanNs) * WEIGHT
  }

  /** A message has waited so long in the queue before it was given. */
  waited(ns: Nanos): void {
    this.#waitedNs = ns
  }

  /** The thread has given messages back, and holds so many: it takes none before one has run. It may be held up for long. */
  gaveBack(left: number): void {
    this.#most = Math.max(1, left)
  }

  /** How long so many messages take, most likely. */
  of(messages: number): Nanos {
    return messages * this.#meanNs
  }

  /** How many messages a thread may hold now. */
  get depth(): number {
    return Math.min(this.#most, this.#usual)
  }

  get #usual(): number {
    if (this.prefetch !== 'auto') return this.prefetch
    // Nobody knows yet how long they take.
    if (this.count === 0) return LEAST
    const several = this.#fitting(SEVERAL, Math.min(SEVERAL_NS, this.#waitedNs))
    return Math.max(LEAST, several, this.#fitting(FEW, FEW_NS), this.#fitting(MOST, NS_PER_MS))
  }

  /** How many messages take so long together, and no more than `most`. */
  #fitting(most: number, ns: Nanos): number {
    return Math.min(most, Math.floor(ns / this.#meanNs))
  }
}
