import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Timers } from './ports'

/** The timers of one pool. They end with it. */
export class PoolTimers implements Timers {
  /** Made with the first timer. */
  #timers: Set<Timer> | null = null

  constructor(private readonly clock: Clock) {}

  after(ms: number, fn: () => void, holds = false): Timer {
    const timers = (this.#timers ??= new Set())
    const fire = (): void => {
      timers.delete(timer)
      fn()
    }
    const timer = this.clock.setTimer(this.clock.now() + ms * NS_PER_MS, fire, holds)
    timers.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        timers.delete(timer)
      },
    }
  }

  cancelAll(): void {
    for (const timer of this.#timers ?? []) timer.cancel()
    this.#timers?.clear()
  }
}
