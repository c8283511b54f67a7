import type { Clock, Nanos, Timer } from './clock'

/**
 * One timer for a wake-up whose time changes often. It fires at the wanted time or earlier, so that it is seldom armed anew.
 *
 * The process waits for it only while somebody does (`holds`).
 */
export class WakeTimer {
  #timer: Timer | null = null
  #at: Nanos = Infinity
  #holds = false

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
  ) {}

  /** Makes sure that it fires at `at`, or earlier. Null: it need not. */
  wakeAt(at: Nanos | null, holds: boolean): void {
    if (at !== null && at < this.#at) this.#arm(at, holds)
  }

  /** At the end of a turn: cancels a wake-up that nobody wants any more, and holds the process if that has become right. */
  rest(isWanted: boolean, holds: boolean): void {
    if (!isWanted) this.cancel()
    else if (this.#timer !== null && holds !== this.#holds) this.#arm(this.#at, holds)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#at = Infinity
  }

  #arm(at: Nanos, holds: boolean): void {
    this.#timer?.cancel()
    this.#at = at
    this.#holds = holds
    this.#timer = this.clock.setTimer(at, this.#fire, holds)
  }

  readonly #fire = (): void => {
    this.#timer = null
    this.#at = Infinity
    this.wake()
  }
}
