import { type Nanos, readSafely } from '@genpool/runtime'
import { MinHeap } from '../queues/min-heap'
import { Turns } from '../queues/turns'
import { type Waiting } from '../queues/waiting'
import { type KeyRules, LimitLane } from './limit-lane'

/** This many lanes in which nothing is left are kept: most keys come again soon. More would leave the caches of the processor. */
const SPARE_LANES = 64
/** At least this many lanes are kept for other keys, or as many as are in use. */
const OLD_LANES = 1024

/** The lanes of all keys under one limit. A key is forgotten once nothing of it waits, runs, has begun lately or backs off. */
export class KeyedLimit<E extends Waiting> {
  readonly lanes = new Map<unknown, LimitLane<E>>()
  /** The lanes in which something is due at a time. */
  readonly timers = new MinHeap<LimitLane<E>>()
  /** Lanes that were forgotten, for other keys: a lane is large. */
  #old: LimitLane<E>[] = []
  /** Without a rate: lanes in which nothing was left some time ago, the earliest first. Some may be in use again. */
  readonly #spare = new Turns<LimitLane<E>>()
  #spares = 0
  /**
   * With a rate: lanes by the time of a begin (`seenAt`), the earliest first. Later begins are looked at when its time is over.
   */
  readonly #begun = new Turns<LimitLane<E>>()

  constructor(
    readonly keyOf: (message: unknown) => unknown,
    public rules: KeyRules,
  ) {}

  /** The lane of a message; null if it has no key. @throws {InvalidError} if the user's function throws */
  laneOf(message: unknown): LimitLane<E> | null {
    const key = this.keyOf(message)
    return key === undefined ? null : this.laneByKey(key)
  }

  /** The lane of an entry if something of its key is known; otherwise undefined. */
  existingLaneOf(entry: Waiting): LimitLane<E> | undefined {
    // Without lanes there is nothing to find: the user's function is spared.
    return this.lanes.size === 0 ? undefined : this.lanes.get(readSafely(() => this.keyOf(entry.subject), undefined))
  }

  laneByKey(key: unknown): LimitLane<E> {
    return this.lanes.get(key) ?? this.#addLane(key)
  }

  #addLane(key: unknown): LimitLane<E> {
    const lane = this.#old.pop() ?? new LimitLane<E>(this.rules, this)
    lane.key = key
    this.lanes.set(key, lane)
    return lane
  }

  configure(rules: KeyRules): void {
    this.rules = rules
    this.#old = []
    if (rules.rate === null) {
      for (let lane = this.#begun.shift(); lane !== null; lane = this.#begun.shift()) lane.beganAt = -Infinity
    } else while (this.#spares > 0) this.#takeSpare()
    for (const lane of this.lanes.values()) lane.configure(rules)
  }

  /** Remembers a lane whose rate counts what began now, and forgets those whose time is over. */
  began(lane: LimitLane<E>, now: Nanos): void {
    const { rate } = this.rules
    if (rate === null) return
    if (lane.beganAt === -Infinity) this.#addBegun(lane, now)
    lane.beganAt = now
    for (
      let { first } = this.#begun;
      first !== null && first.seenAt + rate.interval <= now;
      first = this.#begun.first
    ) {
      this.#begun.shift()
      if (first.beganAt + rate.interval > now) this.#addBegun(first, first.beganAt)
      else {
        first.beganAt = -Infinity
        this.forget(first)
      }
    }
  }

  #addBegun(lane: LimitLane<E>, at: Nanos): void {
    lane.seenAt = at
    this.#begun.append(lane)
  }

  /** Forgets a lane that no request knows, and whose rate counts nothing. Without a rate, the last ones are kept for a while. */
  forget(lane: LimitLane<E>): void {
    if (lane.known > 0 || lane.isHeld || lane.owner !== this) return
    this.timers.delete(lane)
    if (lane.beganAt !== -Infinity || lane.isSpare) return
    if (this.rules.rate !== null) return this.#delete(lane)
    lane.isSpare = true
    this.#spare.append(lane)
    if (++this.#spares <= SPARE_LANES) return
    const oldest = this.#takeSpare()
    if (oldest.known === 0 && !oldest.isHeld) this.#delete(oldest)
  }

  #takeSpare(): LimitLane<E> {
    const lane = this.#spare.shift() as LimitLane<E>
    lane.isSpare = false
    this.#spares--
    return lane
  }

  #delete(lane: LimitLane<E>): void {
    if (!this.lanes.delete(lane.key)) return
    lane.clear()
    if (this.#old.length < Math.max(OLD_LANES, this.lanes.size)) this.#old.push(lane)
  }
}
