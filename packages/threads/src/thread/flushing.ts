import { type Nanos, NS_PER_MS, systemClock } from '@genpool/runtime'
import { MOST_HELD } from '../protocol/held-answers'
import { SHORT } from './long-handlers'

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
  /** Whether none of them is of a caller that is in a hurry. */
  #arePatient = true
  /** Whether patient ones were put off until the thread has looked for more to do. */
  #isPut = false
  #isLooking = false
  /** The longest run of the last ones. */
  #longestNs: Nanos = 0

  constructor(
    private readonly outbox: { flush(): void },
    /** Begins what may begin after what was sent. */
    private readonly pump: () => void,
    /** How many messages the thread has not begun. */
    private readonly ahead: () => number,
  ) {}

  hold(now: Nanos): void {
    this.isHeld = true
    if (this.#isPut) this.#lastAt = now
    else this.#sent(now)
  }

  release(): void {
    this.isHeld = false
    if (this.#results > 0 && this.#areFewPatient) return this.#afterMore()
    this.#isPut = false
    this.outbox.flush()
  }

  /** Patient callers wait for what has come meanwhile: it is heard next, and its results go with theirs. */
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

  /** A run has ended. @param isPatient whether its caller has waited so long that a little more makes no difference */
  ended(now: Nanos, ranNs: Nanos, isPatient: boolean): void {
    this.#longestNs = Math.max(ranNs, this.#longestNs - this.#longestNs / 16)
    if (isPatient) this.#due(now)
    else this.soon(now)
  }

  /** Something is to be sent: a while after the last time, if the thread works on. */
  soon(now: Nanos): void {
    this.#arePatient = false
    this.#due(now)
  }

  #due(now: Nanos): void {
    if (!this.isHeld) return this.later()
    this.#results++
    if (this.#mayWait(now - this.#lastAt)) return
    this.#sent(now)
    this.outbox.flush()
  }

  #mayWait(waited: Nanos): boolean {
    if (waited < FLUSH_AFTER) return true
    const ahead = this.ahead()
    if (waited < FEW_AFTER && this.#results < FEW && ahead >= FEW) return true
    // While the last one is done more of them come. After it, `release` looks for those.
    return this.#areFewPatient && ahead !== 1
  }

  get #areFewPatient(): boolean {
    return this.#arePatient && this.#results < MOST_HELD && this.#longestNs <= SHORT
  }

  #sent(now: Nanos): void {
    this.#lastAt = now
    this.#results = 0
    this.#arePatient = true
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
