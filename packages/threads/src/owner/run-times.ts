import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { MOST_HELD } from '../protocol/held-answers'

const WEIGHT = 1 / 16
const LEAST = 2
const MOST = 64
/** So many messages are there if they take no longer than this together: then answers may come several at once. */
const FEW = MOST_HELD + 1
const FEW_NS = 7.5 * NS_PER_MS
/** For shorter messages the thread posts several answers at once anyway. */
const SHORT = 0.03 * NS_PER_MS
/** An answer may come later by this part of the time that its caller has waited. */
const PATIENCE = 1 / 6

/** How much work a thread should hold: about 1 ms of it, so that the next message is there when one is done. */
export class RunTimes {
  #meanNs = NS_PER_MS / 8
  /** How many messages have run. */
  count = 0
  /** The most messages that the thread may hold since it has given some back. */
  #most = Infinity

  /** @param prefetch the number of messages, or `auto` */
  constructor(private readonly prefetch: number | 'auto') {}

  ran(runNs: Nanos): void {
    this.count++
    this.#most = Infinity
    this.#meanNs += (runNs - this.#meanNs) * WEIGHT
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
    const few = Math.min(FEW, Math.floor(FEW_NS / this.#meanNs))
    return Math.max(LEAST, few, Math.min(MOST, Math.floor(NS_PER_MS / this.#meanNs)))
  }

  /** How long a caller has waited before its message begins whose answer may wait for a few others; Infinity if none may. */
  get patience(): Nanos {
    if (this.#meanNs < SHORT || this.#meanNs > FEW_NS / FEW) return Infinity
    return ((MOST_HELD - 1) * this.#meanNs) / PATIENCE
  }
}
