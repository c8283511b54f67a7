import { type Clock, type Nanos } from '@genpool/runtime'

/**
 * Measures how late the event loop is: how long work that is ready has to wait for its turn.
 *
 * While a turn lasts, its age counts: so a loop that is kept busy is noticed though no timer can fire.
 */
export class LoopDelay {
  #last: Nanos = 0
  /** When the turn began that is being measured; NaN if none is. */
  #since: Nanos = NaN

  constructor(private readonly clock: Clock) {}

  /** Measures the turn that is going on, once. */
  touch(): void {
    if (!Number.isNaN(this.#since)) return
    this.#since = this.clock.now()
    this.clock.defer(this.#end)
  }

  /** The delay as it is now. */
  read(): Nanos {
    return Number.isNaN(this.#since) ? this.#last : Math.max(this.#last, this.clock.now() - this.#since)
  }

  readonly #end = (): void => {
    this.#last = this.clock.now() - this.#since
    this.#since = NaN
  }
}
