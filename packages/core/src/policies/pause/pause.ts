import type { Attaching, Listener, Seat, SeatGate } from '../../pool/ports'

/** What a pause needs of its pool. */
export interface PausePorts extends Attaching {
  /** The members that have not ended. */
  readonly seats: readonly Seat[]
  readonly draining: boolean
  readonly stopping: boolean
}

/**
 * Holds all members of a pool back. What runs goes on; what waits keeps its place and its deadline.
 *
 * A pool that drains finishes what it has, so draining ends the pause. Messages to one member are not held back.
 */
export class Pause implements SeatGate, Listener {
  readonly limit = 0
  /** The members that asked for work meanwhile, or waited for it. */
  readonly #held = new Set<Seat>()
  #attached = false

  constructor(private readonly pool: PausePorts) {}

  /** Whether it holds members back. */
  get holds(): boolean {
    return this.#attached
  }

  /** The members that would wait for work. One that handles a message of its own is not among them. */
  get aside(): number {
    return [...this.#held].filter(({ status }) => status === 'idle').length
  }

  configure(paused: boolean): void {
    if (paused === this.#attached || (paused && this.pool.draining)) return
    if (paused) this.#hold()
    else this.#release()
  }

  #hold(): void {
    this.#attached = true
    this.pool.attach(this)
    const { seats } = this.pool
    for (const seat of seats) if (seat.withdraw()) this.#held.add(seat)
    for (const seat of seats) seat.giveBackAhead()
  }

  #release(): void {
    this.#attached = false
    this.pool.detach(this)
    const held = [...this.#held]
    this.#held.clear()
    if (!this.pool.stopping) for (const seat of held) seat.seekWork()
  }

  mayWork(seat: Seat): boolean {
    this.#held.add(seat)
    return false
  }

  memberEnded(seat: Seat): void {
    this.#held.delete(seat)
  }

  poolDraining(): void {
    this.#release()
  }
}
