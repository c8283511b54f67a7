import { type Nanos, readSafely } from '@genpool/runtime'
import { MinHeap } from '../queues/min-heap'
import { type Waiting } from '../queues/waiting'
import { IdleRates } from './idle-rates'
import { KeyPlaces } from './key-places'
import { type KeyRules, LimitLane } from './limit-lane'
import { Rate } from './rate'

/** The lanes of this many keys rest before they are let go: a key that comes again soon costs nothing. A power of two. */
const RESTING = 16
/** So many keys are added before keys are forgotten, twice as many: one by one, that would cost more. */
const ADDED = 16
/** At least this many lanes are kept for other keys, or as many as are in use. */
const SPARE_LANES = 1024
/** If there are more places than this, and a quarter of them is in use, they are moved together. */
const MANY_PLACES = 4096

/**
 * The keys under one limit.
 *
 * A key has a lane while something of it waits or runs, or while it backs off. A lane is large: an idle key has none, but a place
 * in a few lists, with what its rate still counts. So of many keys, few are looked at, and these stay in the processor's caches.
 */
export class KeyedLimit<E extends Waiting> {
  /** The lanes in which something is due at a time. */
  readonly timers = new MinHeap<LimitLane<E>>()
  readonly #places = new KeyPlaces()
  /** By place: the lane of its key; null for an idle one. */
  #lanes: (LimitLane<E> | null)[] = []
  readonly #rates = new IdleRates()
  #active = 0
  /** With this many keys, old ones are looked for. */
  #most = ADDED
  /** A ring of lanes of which nothing was left some time ago. Some may be in use again. */
  readonly #resting: (LimitLane<E> | null)[] = Array.from({ length: RESTING }, () => null)
  #rested = 0
  /** Lanes for other keys, most with a rate that counts nothing. */
  #spare: LimitLane<E>[] = []

  constructor(
    readonly keyOf: (message: unknown) => unknown,
    public rules: KeyRules,
    /** Whether it is the option `rate`, and not `limits`. */
    readonly isRate: boolean,
  ) {}

  /** The lane of a message; null if it has no key. @throws {InvalidError} if the user's function throws */
  laneOf(message: unknown): LimitLane<E> | null {
    const key = this.keyOf(message)
    return key === undefined ? null : this.laneByKey(key)
  }

  /** The lane of a key. Call `forget` if nothing is added to it. */
  laneByKey(key: unknown): LimitLane<E> {
    const hash = this.#places.hashOf(key)
    const known = this.#places.of(key, hash)
    return known < 0 ? this.#add(key, hash) : (this.#lanes[known] ?? this.#activate(known, false))
  }

  keyIn({ place }: LimitLane<E>): unknown {
    return this.#places.keyAt(place)
  }

  /** When the rate of an entry's key lets something of this cost begin; `now` if the key is not known. */
  opensAt(entry: Waiting, cost: number, now: Nanos): Nanos {
    // Without keys there is nothing to find: the user's function is spared.
    const key = this.#places.size === 0 ? undefined : readSafely(() => this.keyOf(entry.subject), undefined)
    if (this.#places.of(key, this.#places.hashOf(key)) < 0) return now
    const lane = this.laneByKey(key)
    const at = lane.fitsAt(cost, now)
    this.forget(lane)
    return at
  }

  /** The lanes of all keys that are not idle. */
  lanes(): readonly LimitLane<E>[] {
    return this.#lanes.filter((lane) => lane !== null)
  }

  /** How many idle keys have begun something lately, so that their rates count it. */
  countIdle(now: Nanos): number {
    const { rate } = this.rules
    return rate === null ? 0 : this.#rates.count(rate.interval, now)
  }

  configure(rules: KeyRules): void {
    this.rules = rules
    this.#spare = []
    this.#rates.configure(rules.rate)
    for (const lane of this.lanes()) lane.configure(rules)
  }

  /** Lets go of a lane that no request knows, and that does not back off: its key is idle. It rests for a while before. */
  forget(lane: LimitLane<E>): void {
    if (lane.known > 0 || lane.isHeld || lane.owner !== this || lane.place < 0) return
    if (lane.heapIndex >= 0) this.timers.delete(lane)
    if (lane.isResting) return
    lane.isResting = true
    const at = this.#rested++ & (RESTING - 1)
    const before = this.#resting[at] as LimitLane<E> | null
    this.#resting[at] = lane
    if (before !== null) this.#endRest(before)
  }

  #endRest(lane: LimitLane<E>): void {
    lane.isResting = false
    if (lane.known > 0 || lane.isHeld) return
    const { place } = lane
    if (lane.rate === null) this.#places.delete(place)
    else lane.rate = this.#rates.keep(place, lane.rate as Rate)
    this.#lanes[place] = null
    lane.place = -1
    if (this.#spare.length < SPARE_LANES || this.#spare.length < this.#active) this.#spare.push(lane)
    this.#active--
  }

  #add(key: unknown, hash: number): LimitLane<E> {
    if (this.#places.size >= this.#most) this.#forgetOver()
    const place = this.#places.add(key, hash)
    if (place === this.#lanes.length) this.#lanes.push(null)
    return this.#activate(place, true)
  }

  /** Gives a key a lane. Nothing is kept for a new one. */
  #activate(place: number, isNew: boolean): LimitLane<E> {
    const lane = this.#spare.length === 0 ? new LimitLane<E>(this.rules, this) : (this.#spare.pop() as LimitLane<E>)
    const { rate } = this.rules
    if (rate !== null && (!isNew || lane.rate === null)) {
      lane.rate = isNew ? new Rate(rate) : this.#rates.take(place, lane.rate as Rate | null, rate)
    }
    lane.place = place
    this.#active++
    return (this.#lanes[place] = lane)
  }

  /** Looks at the next keys, and forgets the idle ones whose rates count nothing. */
  #forgetOver(): void {
    const { rate } = this.rules
    for (let i = 0; i < 2 * ADDED; i++) {
      const place = this.#places.next()
      if (place === null || this.#lanes[place] !== null) continue
      if (rate !== null && !this.#rates.isOver(place, rate.interval)) continue
      this.#rates.clear(place)
      this.#places.delete(place)
    }
    this.#most = this.#places.size + ADDED
    if (this.#lanes.length > MANY_PLACES && this.#places.size * 4 < this.#lanes.length) this.#compact()
  }

  /** Gives the memory of many places back. */
  #compact(): void {
    const from = this.#places.compact()
    this.#lanes = from.map((place) => this.#lanes[place] as LimitLane<E> | null)
    for (const [place, lane] of this.#lanes.entries()) if (lane !== null) lane.place = place
    this.#rates.move(from)
  }
}
