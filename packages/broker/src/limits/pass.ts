import { keepShape, type Nanos } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { type Finders } from './finders'
import { type Ranked } from './key-ranks'
import { type LimitLane } from './limit-lane'

/** Where a request is: not queued, held back by its key, parked in a lane, ready in the queue, or running. */
export type Place = 'outside' | 'behind' | 'parked' | 'ready' | 'running'

/**
 * What the limits know of one request.
 *
 * Its fields hold no request while none is parked, and no number that V8 would store beside it: so one that is used again costs
 * the garbage collector nothing.
 */
export class Pass<E extends Waiting> {
  place: Place = 'outside'
  /** The lanes of its two keys, of `limits` and of `rate`; null for no key. */
  keyed: LimitLane<E> | null = null
  rated: LimitLane<E> | null = null
  /** What it costs in the rate of `limits`, and in `rate`. */
  keyedCost = 1
  cost = 1
  /** What found its keys and its costs. */
  foundBy: Finders<E> | null = null
  /** The lane in which it is parked. */
  parkedIn: LimitLane<E> | null = null
  /** When it began. */
  beganAt: Nanos = -Infinity
  /** While it is parked: its request, and its neighbours among all that are parked (see `ParkedList`). */
  entry: E | null = null
  previous: Pass<E> | null = null
  next: Pass<E> | null = null
  /** Its place among all that wait of its key, while that is known (see `KeyBound`). */
  ranked: Ranked<E> | null = null

  /** Counts it in its lanes, so that they are kept; with -1, no longer. */
  count(by: 1 | -1): void {
    if (this.keyed !== null) this.keyed.known += by
    if (this.rated !== null) this.rated.known += by
  }

  /** Gives it a lane of its own in one of the limits, in which it had none. */
  joinAlone(lane: LimitLane<E>, isKeyed: boolean): LimitLane<E> {
    if (isKeyed) this.keyed = lane
    else this.rated = lane
    lane.known++
    if (this.place === 'running') lane.running++
    return lane
  }

  costIn(lane: LimitLane<E>): number {
    return lane === this.keyed ? this.keyedCost : this.cost
  }

  otherThan(lane: LimitLane<E>): LimitLane<E> | null {
    return lane === this.keyed ? this.rated : this.keyed
  }

  /** Enters the queue that members are served from. */
  enter(priority: number): void {
    this.place = 'ready'
    this.keyed?.enter(this.keyedCost, priority)
    this.rated?.enter(this.cost, priority)
  }

  /** Leaves that queue. */
  leave(): void {
    this.place = 'outside'
    this.keyed?.leave(this.keyedCost)
    this.rated?.leave(this.cost)
  }

  begin(now: Nanos): void {
    this.unrank()
    this.place = 'running'
    this.beganAt = now
    this.keyed?.begin(this.keyedCost, now)
    this.rated?.begin(this.cost, now)
  }

  /** It waits no longer. */
  unrank(): void {
    if (this.ranked === null) return
    this.ranked.leave()
    this.ranked = null
  }

  /** @param ran whether it did run; otherwise the rates take back what they counted */
  end(ran: boolean): void {
    const beganAt = ran ? null : this.beganAt
    this.place = 'outside'
    this.keyed?.end(this.keyedCost, beganAt)
    this.rated?.end(this.cost, beganAt)
  }

  /** The lane in which a new request must be parked; null if it may stand in the queue. */
  closedLane(priority: number, now: Nanos): LimitLane<E> | null {
    if (this.keyed?.isClosed(this.keyedCost, priority, now) === true) return this.keyed
    return this.rated?.isClosed(this.cost, priority, now) === true ? this.rated : null
  }

  /** Whether nothing is parked in its lanes. */
  get isAlone(): boolean {
    return (this.keyed === null || this.keyed.parked === 0) && (this.rated === null || this.rated.parked === 0)
  }

  /** Whether a lane does not let it begin now. */
  isBlocked(now: Nanos): boolean {
    const { keyed, rated } = this
    return keyed?.isBlocked(this.keyedCost, now) === true || rated?.isBlocked(this.cost, now) === true
  }

  /** Whether it may begin, and nothing that is parked is concerned. */
  beginsShortly(now: Nanos): boolean {
    const { keyed, rated } = this
    if (this.isBlocked(now) || (keyed !== null && keyed.parked > 0 && (keyed.isMixed || keyed.rate !== null)))
      return false
    return rated === null || rated.parked === 0
  }

  /** The lane that does not let it begin now; null if it may begin. */
  blockedLane(entry: E, now: Nanos): LimitLane<E> | null {
    const { keyed, rated } = this
    if (keyed !== null && (keyed.isBlocked(this.keyedCost, now) || this.#isBehind(entry, keyed))) return keyed
    if (rated === null) return null
    return rated.isBlocked(this.cost, now) || this.#isBehind(entry, rated) ? rated : null
  }

  /** One with a key stands in the queue for its turn, whoever is parked before it. */
  #isBehind(entry: E, lane: LimitLane<E>): boolean {
    return (lane.rules.inOrder || lane.isMixed || entry.key !== undefined) && lane.isBehind(entry)
  }

  /** The lane in which one that comes back must wait: it may not begin now, or a parked one is to begin before it. */
  laneToReturnTo(entry: E, now: Nanos): LimitLane<E> | null {
    const { keyed, rated } = this
    if (keyed?.isBehind(entry) === true) return keyed
    return rated?.isBehind(entry) === true ? rated : this.blockedLane(entry, now)
  }
}

keepShape(new Pass())
