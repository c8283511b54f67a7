import { type Clock, type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'

/** What is done with each beat. */
export interface HeartbeatListener {
  beat(): void
  /** The last beat is so long ago that what depends on it is over. */
  lapsed(): void
}

/** Beats three times in a while, and notices when it could not: this process stood still. */
export class Heartbeat {
  #timer: Timer | null = null
  #last: Nanos

  constructor(
    private readonly clock: Clock,
    private readonly whileMs: number,
    private readonly listener: HeartbeatListener,
  ) {
    this.#last = clock.now()
  }

  start(): void {
    const { clock, whileMs, listener } = this
    this.#timer = clock.setTimer(clock.now() + (whileMs / 3) * NS_PER_MS, () => {
      const now = clock.now()
      const isLate = now - this.#last > whileMs * NS_PER_MS
      this.#last = now
      if (isLate) listener.lapsed()
      listener.beat()
      if (this.#timer !== null) this.start()
    })
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}
