import { Deadlines, type Clock, type Expiring, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { Replaced } from '../../errors'
import type { Attaching, Listener, Seat } from '../../pool/ports'
import type { RequestFacts } from '../../requests/request-facts'

/** What a watch for stuck members needs of its pool. */
export interface StuckPorts extends Attaching {
  readonly clock: Clock
  /** Its members. */
  readonly seats: readonly Seat[]
  /** Whether the handler of a request has returned, and its commit is being written. */
  isWriting(seat: Seat, request: RequestFacts): boolean
  /** Replaces a member that is stuck with `request`, which fails with `cause`. */
  abandon(seat: Seat, request: RequestFacts, cause: Error): void
}

/** A place of a member for a running handler, and when the member is replaced. */
class Watched implements Expiring {
  /** What the handler runs; null while the place is free. */
  request: RequestFacts | null = null
  /** Whether its time was over while its result was on its way. */
  spared = false
  deadline: Nanos = Infinity
  /** After how many milliseconds that is. */
  afterMs = Infinity
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1

  constructor(readonly seat: Seat) {}
}

/**
 * Replaces members that work on one message for longer than `stuckAfter`.
 *
 * The time counts from each start of a handler: a member that waits for the state is not stuck. Nor is one whose commit is being
 * written: it is waited for, since the commit may count. Each message of a member is watched by itself, since a worker may run
 * several at once.
 */
export class StuckWatch implements Listener {
  #afterMs = Infinity
  /** The places of each member: mostly one. They are used again. */
  readonly #watched = new Map<Seat, Watched[]>()
  readonly #deadlines: Deadlines<Watched>
  #attached = false

  constructor(private readonly pool: StuckPorts) {
    this.#deadlines = new Deadlines(pool.clock, (watched) => this.#expired(watched))
  }

  /** @param stuckAfter in milliseconds; Infinity for never. For handlers that run already, its time begins now */
  configure(stuckAfter: number): void {
    if (stuckAfter === this.#afterMs) return
    this.#afterMs = stuckAfter
    if (stuckAfter !== Infinity && !this.#attached) {
      this.#attached = true
      this.pool.attach(this)
    }
    this.#watchRunning()
    this.#deadlines.rest()
  }

  #watchRunning(): void {
    for (const places of this.#watched.values()) for (const watched of places) this.#free(watched)
    if (this.#afterMs === Infinity) return
    const now = this.pool.clock.now()
    for (const seat of this.pool.seats)
      for (const request of seat.inHand) if (seat.runs(request)) this.handlerStarted(seat, request, now)
  }

  handlerStarted(seat: Seat, request: RequestFacts, now: Nanos): void {
    if (this.#afterMs === Infinity || seat.status === 'ended') return
    const watched = this.#placeFor(seat, request)
    watched.request = request
    watched.spared = false
    watched.afterMs = this.#afterMs
    this.#watch(watched, now)
  }

  runFinished(seat: Seat, request: RequestFacts): void {
    this.#end(seat, request)
  }

  runBroke(seat: Seat, request: RequestFacts): void {
    this.#end(seat, request)
  }

  memberEnded(seat: Seat): void {
    for (const watched of this.#watched.get(seat) ?? []) this.#free(watched)
    this.#watched.delete(seat)
  }

  turnEnded(): void {
    this.#deadlines.rest()
    // The watch is off, and the last handler that it still watched has ended.
    if (this.#afterMs !== Infinity || this.#deadlines.length > 0) return
    this.#attached = false
    this.pool.detach(this)
  }

  #watch(watched: Watched, now: Nanos): void {
    this.#deadlines.remove(watched)
    watched.deadline = now + watched.afterMs * NS_PER_MS
    this.#deadlines.add(watched)
  }

  /** Where a request is watched, or a place that is free. */
  #placeFor(seat: Seat, request: RequestFacts): Watched {
    const places = this.#watched.get(seat)
    let free: Watched | null = null
    for (const watched of places ?? []) {
      if (watched.request === request) return watched
      if (watched.request === null) free = watched
    }
    if (free !== null) return free
    const made = new Watched(seat)
    if (places === undefined) this.#watched.set(seat, [made])
    else places.push(made)
    return made
  }

  #end(seat: Seat, request: RequestFacts): void {
    for (const watched of this.#watched.get(seat) ?? []) if (watched.request === request) this.#free(watched)
  }

  #free(watched: Watched): void {
    watched.request = null
    this.#deadlines.remove(watched)
  }

  #expired(watched: Watched): void {
    const { seat, request, spared, afterMs } = watched
    if (request === null) return
    const isWritten = this.pool.isWriting(seat, request)
    // Its handler is done, and what it made may come any moment. It gets that time once.
    if (isWritten || (!spared && !seat.runs(request))) {
      watched.spared ||= !isWritten
      this.#watch(watched, this.pool.clock.now())
      return this.#deadlines.rest()
    }
    watched.request = null
    this.pool.abandon(seat, request, new Replaced(`it was still running after ${afterMs} ms and was replaced as stuck`))
  }
}
