import { type Nanos } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { type LimitLane } from './limit-lane'

/** Where the requests of a key wait. */
export interface KeyBoundPorts<E extends Waiting> {
  /** One of the least urgent that are parked in a lane, the newest of them. */
  lastParked(lane: LimitLane<E>): E | null
  /** All that wait, parked or not, in no order. */
  waiting(): Iterable<E>
  /** Whether a request counts in a lane of `limits`. */
  isIn(entry: E, lane: LimitLane<E>): boolean
  /** Drops one that waits, for a more urgent one. */
  shed(entry: E, now: Nanos): void
}

/** How many requests of one key may wait, wherever they stand: `max` of `limits`. A more urgent one replaces the least urgent. */
export class KeyBound<E extends Waiting> {
  constructor(private readonly ports: KeyBoundPorts<E>) {}

  /**
   * Makes sure that a new request may wait: false if its key has its `max`, and nothing that waits is less urgent.
   *
   * O(1), but for one that is more urgent than something of its key that is not parked: that is looked for among all that wait.
   *
   * @param lane the lane of its key in `limits`, in which it is counted; null if it has none
   */
  hasRoomFor(entry: E, lane: LimitLane<E> | null, now: Nanos): boolean {
    if (lane === null || lane.hasRoom) return true
    const victim = this.#leastUrgent(entry, lane)
    if (victim === null) return false
    this.ports.shed(victim, now)
    return true
  }

  /** The least urgent of a key, if it is less urgent than `entry`. What is parked came last. */
  #leastUrgent(entry: E, lane: LimitLane<E>): E | null {
    const parked = this.ports.lastParked(lane)
    let least = parked !== null && parked.priority < entry.priority ? parked : null
    const bound = least?.priority ?? entry.priority
    if (!mayHoldBelow(lane, bound)) return least
    for (const other of this.ports.waiting()) {
      const isLess = least === null || least === parked ? other.priority < bound : other.priority <= least.priority
      if (isLess && other !== entry && this.ports.isIn(other, lane)) least = other
    }
    return least
  }
}

/** Whether one that is not parked in this lane may be less urgent. The one that comes is counted in it already. */
function mayHoldBelow<E extends Waiting>(lane: LimitLane<E>, priority: number): boolean {
  const elsewhere = lane.known - lane.running - lane.parked - 1
  return elsewhere > lane.ready || (elsewhere > 0 && lane.floor < priority)
}
