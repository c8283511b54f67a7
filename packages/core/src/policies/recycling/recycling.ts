import { type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Attaching, Listener, Seat, Timers } from '../../pool/ports'
import { type RecycleRules, recycles } from './recycle-options'

/** What recycling needs of its pool. */
export interface RecyclingPorts extends Attaching, Timers {
  /** The members that have not ended. */
  readonly seats: readonly Seat[]
  now(): Nanos
  random(): number
}

/** How long one member lives. */
interface Life {
  readonly messages: number
  readonly heapMb: number
  readonly timer: Timer | null
}

const OFF: RecycleRules = { afterMessages: Infinity, afterMs: Infinity, afterHeapMb: Infinity, jitter: 0 }

/** Replaces members after a number of messages, or at an age; not all at the same time. */
export class Recycling implements Listener {
  #rules = OFF
  #attached = false
  readonly #lives = new Map<Seat, Life>()

  constructor(private readonly pool: RecyclingPorts) {}

  configure(rules: RecycleRules): void {
    if (sameRules(rules, this.#rules)) return
    this.#rules = rules
    const wanted = recycles(rules)
    if (wanted !== this.#attached) this.pool[wanted ? 'attach' : 'detach'](this)
    this.#attached = wanted
    for (const { timer } of this.#lives.values()) timer?.cancel()
    this.#lives.clear()
    if (wanted) for (const seat of this.pool.seats) if (seat.hasBegun) this.memberStarted(seat)
  }

  memberStarted(seat: Seat): void {
    const { afterMessages, afterMs, afterHeapMb, jitter } = this.#rules
    const share = 1 - jitter * this.pool.random()
    const ageMs = (this.pool.now() - seat.bornAt) / NS_PER_MS
    this.#lives.set(seat, {
      messages: Math.max(1, Math.round(afterMessages * share)),
      heapMb: afterHeapMb * share,
      timer:
        afterMs === Infinity
          ? null
          : this.pool.after(Math.max(0, afterMs * share - ageMs), () => seat.leave('recycled')),
    })
  }

  runFinished(seat: Seat): void {
    const life = this.#lives.get(seat)
    if (life === undefined) return
    if (seat.handled >= life.messages || seat.heapMb >= life.heapMb) seat.leave('recycled')
  }

  memberEnded(seat: Seat): void {
    this.#lives.get(seat)?.timer?.cancel()
    this.#lives.delete(seat)
  }
}

function sameRules(a: RecycleRules, b: RecycleRules): boolean {
  return (Object.keys(OFF) as (keyof RecycleRules)[]).every((rule) => a[rule] === b[rule])
}
