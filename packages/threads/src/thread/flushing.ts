import { type Nanos, NS_PER_MS, systemClock } from '@genpool/runtime'
import { SHORT } from './run-lengths'

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
  /** Whether it has sent something of what it works through. */
  #hasSent = false
  /** How many results have come since. */
  #results = 0
  /** Until when all of them may wait for others. */
  #until: Nanos = Infinity
  /** When the last of them came. */
  #endedAt: Nanos = 0
  /** How long the last run was said to take. */
  #expectedNs: Nanos = 0
  /** Whether they were put off until the thread has looked for more to do. */
  #isPut = false
  #isLooking = false

  constructor(
    private readonly outbox: { readonly isEmpty: boolean; flush(): void },
    /** Begins what may begin after what was sent. */
    private readonly pump: () => void,
    /** How many messages the thread has not begun. */
    private readonly ahead: () => number,
  ) {}

  hold(now: Nanos): void {
    this.isHeld = true
    this.#hasSent = false
    if (this.#isPut) this.#lastAt = now
    else this.#sent(now)
  }

  release(): void {
    this.isHeld = false
    if (this.#results > 0 && this.#arePatient(this.#endedAt)) return this.#afterMore()
    this.#isPut = false
    this.outbox.flush()
  }

  /** They wait for what has come meanwhile: it is heard next, and its results go with theirs. */
  #afterMore(): void {
    this.#isPut = true
    if (this.#isLooking) return
    this.#isLooking = true
    systemClock.defer(this.#nothingMore)
  }

  readonly #nothingMore = (): void => {
    this.#isLooking = this.#isPut = false
    this.outbox.flush()
  }

  /** A run has ended. @param until when its answer must be sent at the latest, if the thread works on */
  ended(now: Nanos, until: Nanos): void {
    if (!this.isHeld) return this.later()
    this.#results++
    this.#endedAt = now
    if (until < this.#until) this.#until = until
  }

  /** Something is to be sent: a while after the last time, if the thread works on. */
  soon(now: Nanos): void {
    this.ended(now, now)
  }

  /** A handler is called next: what cannot wait for its end is sent. @param expectedNs how long it takes, most likely */
  begins(now: Nanos, expectedNs: Nanos): void {
    this.#expectedNs = expectedNs
    if (this.outbox.isEmpty || this.#mayWait(now)) return
    this.#sent(now)
    this.#hasSent = true
    this.outbox.flush()
  }

  #mayWait(now: Nanos): boolean {
    if (this.#expectedNs > SHORT) return false
    const waited = now - this.#lastAt
    if (waited < FLUSH_AFTER) return true
    const ahead = this.ahead()
    if (waited < FEW_AFTER && this.#results < FEW && ahead >= FEW - 1) return true
    // The other half is enough until more come for what is sent now.
    return (this.#hasSent || this.#results <= ahead) && this.#arePatient(now)
  }

  /** Whether those who wait for the results can as well wait for the end of a run. */
  #arePatient(now: Nanos): boolean {
    return this.#expectedNs <= SHORT && now + this.#expectedNs <= this.#until
  }

  #sent(now: Nanos): void {
    this.#lastAt = now
    this.#results = 0
    this.#until = Infinity
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
