import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/**
 * How long results and commits wait for others at most while the thread works on. So long that a message has some of them, so short
 * that the pool's own thread works on them meanwhile, and sends more: with 0.1 ms, 64 tiny tasks took turns with it (70 % of the
 * rate).
 */
const FLUSH_AFTER = 0.02 * NS_PER_MS
/** So few results wait longer while the thread has at least so many messages to begin: each post wakes the pool's own thread. */
const FEW = 4
const FEW_AFTER = 0.3 * NS_PER_MS

/** Decides when the thread sends what it has to say: seldom while it works on, at the end of the turn otherwise. */
export class Flushing {
  /** Whether the thread works through what has come, and sends at the end of it. */
  isHeld = false
  #lastAt = 0
  #isDue = false
  /** How many results have come since. */
  #results = 0

  constructor(
    private readonly outbox: { flush(): void },
    /** Begins what may begin after what was sent. */
    private readonly pump: () => void,
    /** How many messages the thread has not begun. */
    private readonly ahead: () => number,
  ) {}

  hold(now: Nanos): void {
    this.isHeld = true
    this.#sent(now)
  }

  release(): void {
    this.isHeld = false
    this.outbox.flush()
  }

  /** Something is to be sent: a while after the last time, if the thread works on. */
  soon(now: Nanos): void {
    if (!this.isHeld) return this.later()
    this.#results++
    const waited = now - this.#lastAt
    if (waited < FLUSH_AFTER) return
    if (waited < FEW_AFTER && this.#results < FEW && this.ahead() >= FEW) return
    this.#sent(now)
    this.outbox.flush()
  }

  #sent(now: Nanos): void {
    this.#lastAt = now
    this.#results = 0
  }

  /** What was done is told before the next job begins, which may take long; all that becomes ready in one turn, at once. */
  later(): void {
    // At the end of what is handled now it is sent anyway.
    if (this.isHeld || this.#isDue) return
    this.#isDue = true
    process.nextTick(() => {
      this.#isDue = false
      this.outbox.flush()
      this.pump()
    })
  }
}
