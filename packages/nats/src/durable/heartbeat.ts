import { type Clock, type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'

/** What is done with each beat. */
export interface HeartbeatListener {
  beat(): void
  /** The last beat is so long ago that what depends on it is over. */
  lapsed(): void
  /** Resolves when everything is read that was on its way here before. */
  caughtUp(): Promise<unknown>
}

/** Beats three times in a while, and notices when it could not: this process stood still. */
export class Heartbeat {
  #timer: Timer | null = null
  #last: Nanos
  /** How many times it waits for everything to be read that came while this process stood still. */
  #behind = 0

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
      this.look()
      this.#last = clock.now()
      listener.beat()
      if (this.#timer !== null) this.start()
    })
  }

  /**
   * Looks whether this process stood still. Returns whether what is read now may have waited here since then: it may be so old that it
   * is somebody else's. What is read later, and comes from before the next beat, is younger than a third of the while.
   */
  look(): boolean {
    const { clock, whileMs, listener } = this
    const gap = (clock.now() - this.#last) / NS_PER_MS
    if (gap <= (whileMs * 2) / 3) return this.#behind > 0
    this.#last = clock.now()
    this.#behind++
    const caughtUp = (): void => void this.#behind--
    listener.caughtUp().then(caughtUp, caughtUp)
    if (gap > whileMs) listener.lapsed()
    return true
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}
