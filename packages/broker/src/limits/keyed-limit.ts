import { type Nanos, readSafely } from '@genpool/runtime'
import { MinHeap } from '../queues/min-heap'
import { type Waiting } from '../queues/waiting'
import { type KeyRules, LimitLane } from './limit-lane'

/** This many lanes in which nothing is left are kept, or half of all: most keys come again soon. */
const SPARE_LANES = 64

/** The lanes of all keys under one limit. A key is forgotten once nothing of it waits, runs, has begun lately or backs off. */
export class KeyedLimit<E extends Waiting> {
  readonly lanes = new Map<unknown, LimitLane<E>>()
  /** The lanes in which something is due at a time. */
  readonly timers = new MinHeap<LimitLane<E>>()
  /** How many lanes are kept though nothing is left in them. */
  #spare = 0
  /** Lanes by the time of a begin, the earliest first. Later begins are looked at when its time is over. */
  readonly #begun = new Map<LimitLane<E>, Nanos>()

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
    let lane = this.lanes.get(key)
    if (lane === undefined) this.lanes.set(key, (lane = new LimitLane<E>(key, this.rules, this)))
    else if (lane.isSpare) {
      lane.isSpare = false
      this.#spare--
    }
    return lane
  }

  configure(rules: KeyRules): void {
    this.rules = rules
    if (rules.rate === null) {
      for (const lane of this.#begun.keys()) lane.beganAt = -Infinity
      this.#begun.clear()
    }
    for (const lane of this.lanes.values()) lane.configure(rules)
  }

  /** Remembers a lane whose rate counts what began now, and forgets those whose time is over. */
  began(lane: LimitLane<E>, now: Nanos): void {
    const { rate } = this.rules
    if (rate === null) return
    if (lane.beganAt === -Infinity) this.#begun.set(lane, now)
    lane.beganAt = now
    for (const [oldest, at] of this.#begun) {
      if (at + rate.interval > now) return
      this.#begun.delete(oldest)
      if (oldest.beganAt + rate.interval > now) this.#begun.set(oldest, oldest.beganAt)
      else {
        oldest.beganAt = -Infinity
        this.forget(oldest)
      }
    }
  }

  /** Forgets a lane that no request knows, and whose rate counts nothing. The last ones are kept for a while. */
  forget(lane: LimitLane<E>): void {
    if (lane.known > 0 || lane.isHeld || lane.owner !== this) return
    this.timers.delete(lane)
    if (lane.beganAt !== -Infinity || lane.isSpare) return
    lane.isSpare = true
    if (++this.#spare > Math.max(SPARE_LANES, this.lanes.size / 2)) this.#forgetSpare()
  }

  /** Looks at all lanes, but seldom: O(1) for each that was forgotten. */
  #forgetSpare(): void {
    for (const lane of this.lanes.values()) if (lane.isSpare) this.lanes.delete(lane.key)
    this.#spare = 0
  }
}
