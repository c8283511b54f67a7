import { type Nanos, NS_PER_MS } from '@genpool/runtime'

const WEIGHT = 1 / 16
const LEAST = 2
const MOST = 64

/** How much work a thread should hold: about 1 ms of it, so that the next message is there when one is done. */
export class RunTimes {
  #meanNs = NS_PER_MS / 8
  /** How many messages have run. */
  count = 0

  /** @param prefetch the number of messages, or `auto` */
  constructor(private readonly prefetch: number | 'auto') {}

  ran(runNs: Nanos): void {
    this.count++
    this.#meanNs += (runNs - this.#meanNs) * WEIGHT
  }

  /** How long so many messages take, most likely. */
  of(messages: number): Nanos {
    return messages * this.#meanNs
  }

  /** How many messages a thread may hold now. */
  get depth(): number {
    if (this.prefetch !== 'auto') return this.prefetch
    return Math.max(LEAST, Math.min(MOST, Math.floor(NS_PER_MS / this.#meanNs)))
  }
}
