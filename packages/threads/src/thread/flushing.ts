import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** How long results wait for others at most while the thread works on. */
export const FLUSH_AFTER = 0.1 * NS_PER_MS
/** The same for commits: fewer messages, since each wakes a thread and moves the state of the others on. */
export const COMMIT_AFTER = 0.5 * NS_PER_MS

/** Decides when the thread sends what it has to say: seldom while it works on, at the end of the turn otherwise. */
export class Flushing {
  /** Whether the thread works through what has come, and sends at the end of it. */
  isHeld = false
  #lastAt = 0
  #isDue = false

  constructor(
    private readonly outbox: { flush(): void },
    /** Begins what may begin after what was sent. */
    private readonly pump: () => void,
  ) {}

  hold(now: Nanos): void {
    this.isHeld = true
    this.#lastAt = now
  }

  release(): void {
    this.isHeld = false
    this.outbox.flush()
  }

  /** Something is to be sent: at the latest `ns` after the last time, while the thread works on. */
  soon(ns: Nanos, now: Nanos): void {
    if (!this.isHeld) return this.later()
    if (now - this.#lastAt < ns) return
    this.#lastAt = now
    this.outbox.flush()
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
