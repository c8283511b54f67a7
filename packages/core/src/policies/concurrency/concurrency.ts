import type { Nanos } from '@genpool/runtime'
import type { Attaching, Listener, Seat, SeatGate } from '../../pool/ports'
import type { RequestFacts } from '../../requests/request-facts'
import { GradientLimit } from '../gradient/gradient-limit'
import type { GradientRules } from '../gradient/gradient-options'

/** What a concurrency limit needs of its pool. */
export interface ConcurrencyPorts extends Attaching {
  /** The members that have not ended. */
  readonly seats: readonly Seat[]
  /** How many runs are in progress. */
  readonly busy: number
  readonly draining: boolean
  readonly stopping: boolean
  /** The time of this turn. */
  turnNow(): Nanos
  /** The time now. */
  now(): Nanos
}

/** The current figures of a concurrency limit. */
export interface ConcurrencyFigures {
  readonly limit: number
  /** How many members are set aside. */
  readonly aside: number
  /** How long a run takes without load; 0 if not known, or if the limit does not learn. */
  readonly unloadedNs: Nanos
}

/**
 * Limits how many members work at once.
 *
 * A member needs one of the places to wait for a request, and keeps it while it works. The others are set aside: the broker
 * does not know them. Messages to one member (`broadcast`, its own address) need no place.
 *
 * A pool that drains finishes what it has: a limit of 0 is 1 then.
 */
export class Concurrency implements SeatGate, Listener {
  #attached = false
  /** The members that have a place. */
  readonly #placed = new Set<Seat>()
  readonly #aside = new Set<Seat>()
  #fixed = Infinity
  #gradient: GradientLimit | null = null

  constructor(private readonly pool: ConcurrencyPorts) {}

  get limit(): number {
    return this.#gradient === null ? this.#fixed : this.#gradient.limit
  }

  get aside(): number {
    return this.#aside.size
  }

  /** The current figures; undefined while all may work. */
  get figures(): ConcurrencyFigures | undefined {
    if (!this.#attached) return undefined
    return { limit: this.limit, aside: this.aside, unloadedNs: this.#gradient?.floor ?? 0 }
  }

  /** @param limit a number, or the rules of a learning limit; null lets all work */
  configure(limit: number | GradientRules | null): void {
    if (limit !== null) {
      if (!this.#attached) this.#attach()
      this.#set(limit)
      this.#adapt()
      this.#giveBackAhead()
    } else if (this.#attached) {
      this.#set(Infinity)
      this.#adapt()
      this.#detach()
    }
  }

  #attach(): void {
    this.#attached = true
    // Busy members continue; surplus places are taken back one by one.
    for (const seat of this.pool.seats) if (seat.hasBegun) this.#placed.add(seat)
    this.pool.attach(this)
  }

  #detach(): void {
    this.#attached = false
    this.pool.detach(this)
    this.#placed.clear()
    this.#aside.clear()
  }

  #set(limit: number | GradientRules): void {
    if (typeof limit === 'number') {
      this.#fixed = this.pool.draining ? Math.max(1, limit) : limit
      this.#gradient = null
    } else if (this.#gradient === null) this.#gradient = new GradientLimit(limit, this.pool.now())
    else this.#gradient.configure(limit, this.pool.now())
  }

  mayWork(seat: Seat): boolean {
    if (this.#placed.has(seat)) {
      if (this.#placed.size <= this.limit) return true
      this.#placed.delete(seat)
    } else if (this.#placed.size < this.limit) {
      this.#aside.delete(seat)
      this.#placed.add(seat)
      return true
    }
    this.#aside.add(seat)
    return false
  }

  poolDraining(): void {
    if (this.#fixed > 0) return
    this.#fixed = 1
    this.#adapt()
  }

  memberEnded(seat: Seat): void {
    this.#aside.delete(seat)
    if (this.#placed.delete(seat)) this.#adapt()
  }

  /** Learns from a run. Cancelled runs are ignored: they do not tell how long runs take. */
  runFinished(_seat: Seat, { outcome }: RequestFacts, runNs: Nanos): void {
    if (this.#gradient === null || runNs < 0) return
    if (outcome !== null && outcome !== 'replied' && outcome !== 'expired') return
    const before = this.#gradient.limit
    this.#gradient.finished(runNs, this.pool.busy + 1, this.pool.turnNow())
    if (this.#gradient.limit !== before) this.#adapt()
  }

  /** Forgets what it has learnt. */
  relearn(): void {
    this.#gradient?.relearn(this.pool.now())
    if (this.#attached) this.#adapt()
  }

  /** Members that work beyond a lower limit begin nothing more. */
  #giveBackAhead(): void {
    for (const seat of this.#placed) {
      if (this.#placed.size <= this.limit) return
      seat.giveBackAhead()
    }
  }

  /** Gives places to members aside, or takes them from members that wait for a request. A busy member gives its place back later. */
  #adapt(): void {
    if (this.pool.stopping) return
    for (const seat of this.#aside) {
      if (this.#placed.size >= this.limit) break
      if (seat.status === 'idle') seat.seekWork()
    }
    for (const seat of this.#placed) {
      if (this.#placed.size <= this.limit) break
      if (seat.status !== 'idle' || !seat.withdraw()) continue
      this.#placed.delete(seat)
      this.#aside.add(seat)
    }
  }
}
