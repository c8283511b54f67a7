import { type Clock, type Nanos, withoutContext } from '@genpool/runtime'

/** After this many misses or more, one of 2^10 waits is an attempt. */
const MOST_MISSES = 10

/**
 * Keeps one side of a thread awake for a moment while it waits for the other: to wake a sleeping core takes longer than a tiny task.
 *
 * The event loop goes round meanwhile, so that timers and sockets wait for nothing. After an attempt in vain the next waits are
 * left out, and twice as many after each further one: messages come seldom or take long, or both sides are on one core.
 */
export class Awake {
  #until: Nanos = 0
  #isWaiting = false
  /** Whether the event loop goes round for it. */
  #isRound = false
  #misses = 0
  #leftOut = 0

  /** @param forNs how long it stays awake; 0 for never */
  constructor(
    private readonly clock: Pick<Clock, 'now' | 'defer'>,
    private readonly forNs: Nanos,
  ) {}

  /** There is nothing to do until the other side sends something. */
  wait(): void {
    if (this.forNs === 0) return
    if (this.#leftOut > 0 && !this.#isWaiting) {
      this.#leftOut--
      return
    }
    this.#isWaiting = true
    this.#until = this.clock.now() + this.forNs
    if (this.#isRound) return
    this.#isRound = true
    withoutContext(() => this.clock.defer(this.#round))
  }

  /** The other side has sent something. */
  heard(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    if (this.#misses > 0) this.#misses--
  }

  readonly #round = (): void => {
    if (this.#isWaiting && this.clock.now() >= this.#until) this.#miss()
    this.#isRound = this.#isWaiting
    if (this.#isRound) this.clock.defer(this.#round)
  }

  #miss(): void {
    this.#isWaiting = false
    if (this.#misses < MOST_MISSES) this.#misses++
    this.#leftOut = 2 ** this.#misses - 1
  }
}
