import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'

/** A member that is done in less time is idle before a cast can come. */
const SHORT_MS = 1
/** How many casts may be on their way to each member then. */
const EACH = 8
const LOOK = 100 * NS_PER_MS

/**
 * How many casts may be on their way to members that are still busy: a few for each while nearly all handlers take less than a way to
 * the server and back, and none otherwise. Without it such members idle most of the time.
 */
export class Ahead {
  #isShort = false
  #lookedAt: Nanos = -Infinity

  constructor(
    private readonly clock: Clock,
    /** How long nearly all handlers ran lately, in milliseconds. */
    private readonly runMs: () => number,
  ) {}

  of(size: number): number {
    const now = this.clock.now()
    if (now - this.#lookedAt > LOOK) {
      this.#lookedAt = now
      this.#isShort = this.runMs() < SHORT_MS
    }
    return this.#isShort ? size * EACH : 0
  }
}
