import { type Clock, type Nanos } from '@genpool/runtime'

/**
 * Measures the event loop delay: how long work that is ready waits for its turn.
 *
 * During a turn, the age of the turn counts: a busy loop is noticed although no timer can fire.
 */
export class LoopDelay {
  #last: Nanos = 0
  /** When the measured turn began; NaN if none is measured. */
  #since: Nanos = NaN

  constructor(private readonly clock: Clock) {}

  /** Measures the current turn, once. */
  touch(): void {
    if (!Number.isNaN(this.#since)) return
    this.#since = this.clock.now()
    this.clock.defer(this.#end)
  }

  /** Returns the current delay. */
  read(): Nanos {
    return Number.isNaN(this.#since) ? this.#last : Math.max(this.#last, this.clock.now() - this.#since)
  }

  readonly #end = (): void => {
    this.#last = this.clock.now() - this.#since
    this.#since = NaN
  }
}
