import { type Clock, type Nanos, WakeTimer } from '@genpool/runtime'

interface Turn<T> {
  readonly one: T
  readonly alone: boolean
}

/**
 * Lets many run beside each other, and some quite alone, in the order in which they came.
 *
 * One that is to run alone begins when all others have ended, and none begins before it has. What has run for too long keeps nobody back:
 * so one that never ends does not stop all others for ever.
 */
export class Turns<T> {
  /** Those that keep others back, and when they began. The oldest first. */
  readonly #running = new Map<T, Nanos>()
  /** The one of them that runs alone. */
  #alone: T | null = null
  #waiting: Turn<T>[] = []
  readonly #timer: WakeTimer

  /**
   * @param longest how long one that runs keeps others back
   * @param go called when one has its turn
   */
  constructor(
    private readonly clock: Clock,
    private readonly longest: Nanos,
    private readonly go: (one: T) => void,
  ) {
    this.#timer = new WakeTimer(clock, () => this.#tooLong())
  }

  /** Whether one runs alone or waits for that: others would only wait with it. */
  get isHeld(): boolean {
    return this.#alone !== null || this.#waiting.length > 0
  }

  /** The one that runs alone, or waits for that and is the first; null if there is none. */
  get alone(): { readonly one: T; readonly isRunning: boolean } | null {
    if (this.#alone !== null) return { one: this.#alone, isRunning: true }
    const [first] = this.#waiting
    return first?.alone === true ? { one: first.one, isRunning: false } : null
  }

  /** One wants to run. It may do so before this returns. */
  join(one: T, alone: boolean): void {
    if (this.#waiting.length === 0 && this.#mayGo(alone)) return this.#begin({ one, alone })
    this.#waiting.push({ one, alone })
    this.#wakeInTime()
  }

  /** One is done. Those that never had a turn may say so, too. */
  leave(one: T): void {
    if (!this.#running.delete(one)) return
    if (this.#alone === one) this.#alone = null
    this.#next()
  }

  /** Takes those out that wait. */
  takeWaiting(): T[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#timer.cancel()
    return waiting.map(({ one }) => one)
  }

  #mayGo(alone: boolean): boolean {
    return alone ? this.#running.size === 0 : this.#alone === null
  }

  #begin({ one, alone }: Turn<T>): void {
    this.#running.set(one, this.clock.now())
    if (alone) this.#alone = one
    this.go(one)
  }

  #next(): void {
    for (let [first] = this.#waiting; first !== undefined && this.#mayGo(first.alone); [first] = this.#waiting) {
      this.#waiting.shift()
      this.#begin(first)
    }
    this.#wakeInTime()
  }

  #wakeInTime(): void {
    this.#timer.cancel()
    const [oldest] = this.#running.values()
    if (this.#waiting.length > 0 && oldest !== undefined) this.#timer.wakeAt(oldest + this.longest, false)
  }

  #tooLong(): void {
    const before = this.clock.now() - this.longest
    for (const [one, since] of this.#running) {
      if (since > before) break
      this.#running.delete(one)
      if (this.#alone === one) this.#alone = null
    }
    this.#next()
  }
}
