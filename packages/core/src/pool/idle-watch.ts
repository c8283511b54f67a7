import { NS_PER_MS, type Nanos, type Turn } from '@genpool/runtime'
import type { PoolTimers } from './pool-timers'

/** What it needs of the pool. */
interface IdleWatchPorts {
  readonly host: { stop(): void }
  readonly turn: Turn
  readonly timers: PoolTimers
  readonly workload: {
    /** Whether nothing waits, runs, or is about to run. */
    readonly isDone: boolean
  }
}

/** Stops a pool when it has had no work for `ms` milliseconds, as nact's `shutdownAfter` promises. */
export class IdleWatch {
  #activeAt: Nanos

  constructor(
    private readonly kernel: IdleWatchPorts,
    private readonly ms: number,
  ) {
    this.#activeAt = kernel.turn.now()
    this.#checkAfter(ms)
  }

  /** The pool has work in this turn. */
  active(): void {
    this.#activeAt = this.kernel.turn.now()
  }

  #checkAfter(ms: number): void {
    this.kernel.timers.after(ms, () => this.#check())
  }

  #check(): void {
    const { turn, workload, host } = this.kernel
    const quietMs = (turn.refresh() - this.#activeAt) / NS_PER_MS
    if (!workload.isDone) this.#checkAfter(this.ms)
    else if (quietMs < this.ms) this.#checkAfter(this.ms - quietMs)
    else host.stop()
  }
}
