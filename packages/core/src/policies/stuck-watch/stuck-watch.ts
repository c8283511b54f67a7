import { Deadlines, type Clock, type Expiring, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Attaching, Listener, Seat } from '../../pool/ports'

/** What a watch for stuck members needs of its pool. */
export interface StuckPorts extends Attaching {
  readonly clock: Clock
  /** Whether its handler has returned, and its commit is being written. */
  isWriting(seat: Seat): boolean
  /** Replaces a stuck member; its requests fail with `cause`. */
  abandon(seat: Seat, cause: unknown): void
}

/** A running handler, and when its member is replaced. */
class Watched implements Expiring {
  deadline: Nanos = Infinity
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1

  constructor(readonly seat: Seat) {}
}

/**
 * Replaces members that work on one message for longer than `stuckAfter`.
 *
 * The time counts from each start of a handler: a member that waits for the state is not stuck. Nor is one whose commit is being
 * written: it is waited for, since the commit may count.
 */
export class StuckWatch implements Listener {
  #afterMs = Infinity
  readonly #watched = new Map<Seat, Watched>()
  readonly #deadlines: Deadlines<Watched>
  #attached = false

  constructor(private readonly pool: StuckPorts) {
    this.#deadlines = new Deadlines(pool.clock, (watched) => this.#giveUp(watched))
  }

  /** @param stuckAfter in milliseconds; Infinity for never. It applies to handlers that start from now on */
  configure(stuckAfter: number): void {
    this.#afterMs = stuckAfter
    if (this.#attached || stuckAfter === Infinity) return
    this.#attached = true
    this.pool.attach(this)
  }

  handlerStarted(seat: Seat, now: Nanos): void {
    if (this.#afterMs === Infinity) return
    const watched = this.#watched.get(seat) ?? new Watched(seat)
    this.#watched.set(seat, watched)
    this.#deadlines.remove(watched)
    this.#watch(watched, now)
  }

  #watch(watched: Watched, now: Nanos): void {
    if (this.#afterMs === Infinity) return
    watched.deadline = now + this.#afterMs * NS_PER_MS
    this.#deadlines.add(watched)
  }

  runFinished(seat: Seat): void {
    this.#end(seat)
  }

  runBroke(seat: Seat): void {
    this.#end(seat)
  }

  memberEnded(seat: Seat): void {
    this.#end(seat)
    this.#watched.delete(seat)
  }

  turnEnded(): void {
    this.#deadlines.rest()
    // The watch is off, and the last handler that it still watched has ended.
    if (this.#afterMs !== Infinity || this.#deadlines.length > 0) return
    this.#attached = false
    this.pool.detach(this)
  }

  #end(seat: Seat): void {
    const watched = this.#watched.get(seat)
    if (watched !== undefined) this.#deadlines.remove(watched)
  }

  #giveUp(watched: Watched): void {
    const { seat } = watched
    if (this.pool.isWriting(seat)) return this.#watch(watched, this.pool.clock.now())
    this.pool.abandon(seat, new Error(`it was still running after ${this.#afterMs} ms and was replaced as stuck`))
  }
}
