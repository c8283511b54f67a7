import type { Timer } from '@genpool/runtime'

/** Calls back when a member has had nothing to do for a time. */
export class IdleTimer {
  #timer: Timer | null = null

  constructor(
    private readonly timers: { after(ms: number, fn: () => void): Timer },
    private readonly tell: () => void,
  ) {}

  /** Starts counting, from now. */
  start(ms: number): void {
    this.#timer = this.timers.after(ms, this.tell)
  }

  stop(): void {
    if (this.#timer === null) return
    this.#timer.cancel()
    this.#timer = null
  }
}
