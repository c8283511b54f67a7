/** Integer nanoseconds on a monotonic clock with an arbitrary origin. May be negative. */
export type Nanos = number

/** Nanoseconds in a millisecond. */
export const NS_PER_MS = 1_000_000

/** Something that can be cancelled once. Cancelling it again, or after it has fired, does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * Where time comes from. Everything that waits takes one, so that tests run in virtual time.
 *
 * `systemClock` is the real one; `virtualClock()` of `@genpool/runtime/testing` is moved by hand.
 */
export interface Clock {
  /** The time now, never less than before. */
  now(): Nanos
  /**
   * Runs `fn` once, as soon as `now() >= at`, in a macrotask of its own. Any distance works, also more than 2^31 ms.
   *
   * @param holds whether the process waits for it instead of ending. Default: yes
   */
  setTimer(at: Nanos, fn: () => void, holds?: boolean): Timer
  /** Runs `fn` after input and output of this turn of the event loop have been looked at. */
  defer(fn: () => void): void
}

/** The longest delay that `setTimeout` keeps; longer ones are taken in several steps. */
const MAX_DELAY_MS = 2 ** 31 - 1

class SystemTimer implements Timer {
  #handle: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly at: Nanos,
    private readonly fn: () => void,
    private readonly holds: boolean,
  ) {
    this.#arm()
  }

  cancel(): void {
    clearTimeout(this.#handle)
    this.#handle = undefined
  }

  #arm(): void {
    const delay = Math.ceil((this.at - systemClock.now()) / NS_PER_MS)
    this.#handle = setTimeout(this.#fire, Math.min(Math.max(delay, 0), MAX_DELAY_MS))
    if (!this.holds) this.#handle.unref()
  }

  readonly #fire = (): void => {
    // Node rounds timers to its own millisecond and may fire just before `at`: then wait for the rest.
    if (systemClock.now() < this.at) this.#arm()
    else this.fn()
  }
}

/** The monotonic clock of this process. Its timers keep the process alive until they fire or are cancelled, unless they are set with `holds: false`. */
export const systemClock: Clock = {
  now: () => Math.round(performance.now() * NS_PER_MS),
  setTimer: (at, fn, holds = true) => new SystemTimer(at, fn, holds),
  defer: (fn) => void setImmediate(fn),
}
