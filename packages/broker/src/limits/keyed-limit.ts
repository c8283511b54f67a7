import { type Nanos, readSafely } from '@genpool/runtime'
import { MinHeap } from '../queues/min-heap'
import { type Waiting } from '../queues/waiting'
import { IdleRates } from './idle-rates'
import { KeyTable, type Numbered } from './key-table'
import { type KeyRules, LimitLane } from './limit-lane'
import { type CheckedLimitsOptions, keyIn, keyOf } from './limit-options'
import { Rate } from './rate'

/** The lanes of this many keys rest before they are let go: a key that comes again soon costs nothing. A power of two. */
const RESTING = 16
/** At least this many lanes are kept for other keys, or as many as are in use. */
const SPARE_LANES = 1024
/** If there are more places than this, and a quarter of them is in use, the lanes are moved together. */
const MANY_PLACES = 4096

/**
 * The keys under one limit.
 *
 * A key has a lane while something of it waits or runs, or while it backs off. A lane is large: an idle key has none, and only what
 * its rate still counts is kept. So of many keys, few lanes are looked at, and these stay in the processor's caches.
 *
 * Each key has a number: that of an idle key, or a negative one, `-1 - place`, while it has a lane.
 */
export class KeyedLimit<E extends Waiting> implements Numbered {
  /** The lanes in which something is due at a time. */
  readonly timers = new MinHeap<LimitLane<E>>()
  readonly #table = new KeyTable(this)
  readonly #idle = new IdleRates(this.#table)
  /** By place: a lane that has a key, its key, and the hash of that. */
  #lanes: (LimitLane<E> | null)[] = []
  #keys: unknown[] = []
  #hashes: number[] = []
  /** Places without a lane. */
  #free: number[] = []
  /** Lanes for other keys, most with a rate that counts nothing. */
  #spare: LimitLane<E>[] = []
  /** A ring of lanes of which nothing was left some time ago. Some may be in use again. */
  readonly #resting: (LimitLane<E> | null)[] = Array.from({ length: RESTING }, () => null)
  #rested = 0

  /** The property that has the key; null if a user's function finds it. Fast path: it is read without a function. */
  readonly #property: string | null
  readonly #find: (message: unknown) => unknown

  constructor(
    by: CheckedLimitsOptions['by'],
    public rules: KeyRules,
    /** Whether it is the option `rate`, and not `limits`. */
    readonly isRate: boolean,
  ) {
    this.#property = typeof by === 'string' ? by : null
    this.#find = keyOf(by)
  }

  /** The key of a message; undefined if it has none. @throws {InvalidError} if the user's function throws */
  keyOf(message: unknown): unknown {
    return this.#property === null ? this.#find(message) : keyIn(message, this.#property)
  }

  /** The lane of a message; null if it has no key. @throws {InvalidError} if the user's function throws */
  laneOf(message: unknown): LimitLane<E> | null {
    const key = this.keyOf(message)
    return key === undefined ? null : this.laneByKey(key)
  }

  /** The lane of a key. Call `forget` if nothing is added to it. */
  laneByKey(key: unknown): LimitLane<E> {
    const number = this.#table.find(key)
    return number < 0 ? (this.#lanes[-1 - number] as LimitLane<E>) : this.#activate(key, this.#table.hash, number)
  }

  keyByNumber(number: number): unknown {
    return number < 0 ? this.#keys[-1 - number] : this.#idle.keyOf(number)
  }

  keyIn({ place }: LimitLane<E>): unknown {
    return this.#keys[place]
  }

  /** When the rate of an entry's key lets something of this cost begin; `now` if the key is not known. */
  opensAt(entry: Waiting, cost: number, now: Nanos): Nanos {
    // Without keys there is nothing to find: the user's function is spared.
    const hasKeys = this.#countActive() > 0 || this.#idle.size > 0
    const key = hasKeys ? readSafely(() => this.keyOf(entry.subject), undefined) : undefined
    if (this.#table.find(key) === 0) return now
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
    return rate === null ? 0 : this.#idle.count(rate.interval, now)
  }

  configure(rules: KeyRules): void {
    this.rules = rules
    this.#spare = []
    if (rules.rate === null) this.#idle.clear()
    else this.#idle.configure(rules.rate)
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

  /** How many keys have a lane. Not a getter: see `ShortLimits`. */
  #countActive(): number {
    return this.#lanes.length - this.#free.length
  }

  #endRest(lane: LimitLane<E>): void {
    lane.isResting = false
    if (lane.known > 0 || lane.isHeld) return
    const { place } = lane
    const key = this.#keys[place]
    const number = lane.rate === null ? 0 : this.#keep(key, lane, lane.rate as Rate)
    this.#table.change(key, this.#hashes[place] as number, -1 - place, number)
    lane.place = -1
    this.#lanes[place] = null
    this.#keys[place] = undefined
    this.#free.push(place)
    const active = this.#countActive()
    if (this.#spare.length < SPARE_LANES || this.#spare.length < active) this.#spare.push(lane)
    if (this.#lanes.length > MANY_PLACES && active * 4 < this.#lanes.length) this.#compact()
  }

  /** Keeps what the rate of an idle key counts: returns its number, or 0. The lane keeps a rate only if it counts nothing now. */
  #keep(key: unknown, lane: LimitLane<E>, rate: Rate): number {
    if (rate.sum > 0 && !rate.isOfOneTime) {
      lane.rate = null
      return this.#idle.keep(key, rate, true)
    }
    const number = rate.sum > 0 ? this.#idle.keep(key, rate, false) : 0
    rate.clear()
    return number
  }

  /** Gives a key a lane. @param number that of an idle key; 0 if it is new */
  #activate(key: unknown, hash: number, number: number): LimitLane<E> {
    const lane = this.#spare.length === 0 ? new LimitLane<E>(this.rules, this) : (this.#spare.pop() as LimitLane<E>)
    const { rate } = this.rules
    if (rate !== null) {
      lane.rate ??= new Rate(rate)
      if (number > 0) lane.rate = this.#idle.take(number, lane.rate as Rate)
    }
    const place = this.#free.length === 0 ? this.#lanes.length : (this.#free.pop() as number)
    lane.place = place
    this.#lanes[place] = lane
    this.#keys[place] = key
    this.#hashes[place] = hash
    if (number === 0) this.#table.add(key, hash, -1 - place)
    else this.#table.change(key, hash, number, -1 - place)
    return lane
  }

  /** Gives the memory of many places back. */
  #compact(): void {
    const lanes = this.lanes()
    const keys = lanes.map((lane) => this.keyIn(lane))
    const hashes = lanes.map(({ place }) => this.#hashes[place] as number)
    // In this order, nobody else has the place that a lane gets.
    for (const [place, lane] of lanes.entries()) {
      this.#table.change(keys[place], hashes[place] as number, -1 - lane.place, -1 - place)
      lane.place = place
    }
    this.#lanes = [...lanes]
    this.#keys = keys
    this.#hashes = hashes
    this.#free = []
  }
}
