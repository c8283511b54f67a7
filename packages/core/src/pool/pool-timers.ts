import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Timers } from './ports'

/** The timers of one pool. They end with it. */
export class PoolTimers implements Timers {
  readonly #timers = new Set<Timer>()

  constructor(private readonly clock: Clock) {}

  after(ms: number, fn: () => void, holds = false): Timer {
    const fire = (): void => {
      this.#timers.delete(timer)
      fn()
    }
    const timer = this.clock.setTimer(this.clock.now() + ms * NS_PER_MS, fire, holds)
    this.#timers.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        this.#timers.delete(timer)
      },
    }
  }

  cancelAll(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
