import { type Nanos } from '@genpool/runtime'
import { leastOf } from '../queues/arrival'
import { type CheckedLeafOptions } from '../queues/leaf'
import { type Part } from '../queues/part'
import { type Drop } from '../queues/queue'
import { type Waiting } from '../queues/waiting'
import { type HoldingLimit } from './hold-watch'
import { type KeyedLimit } from './keyed-limit'
import { holdsKey, park } from './key-holder'
import { type LimitLane } from './limit-lane'
import { type LimitRules } from './limit-rules'
import { Parking, type ParkingOwner } from './parking'
import { type Pass } from './pass'
import { type Passes } from './passes'

/** What becomes of parked requests. */
export interface LanesOwner<E extends Waiting> {
  /** A parked request may begin. */
  unparked(entry: E, now: Nanos): void
  /** A parked request was dropped. */
  dropped(drop: Drop<E>, now: Nanos): void
}

/** When the requests that are parked in the lanes of keys come back: as soon as the limits of their keys let them begin. */
export class LaneSchedule<E extends Waiting> implements ParkingOwner<E> {
  private readonly rules: LimitRules<E>
  private readonly parking: Parking<E>
  /** Whether no lane's queue drops by age. */
  private keepsAll: boolean

  /** @param queue the queue that each lane has for each priority */
  constructor(
    private readonly passes: Passes<E>,
    queue: CheckedLeafOptions,
    private readonly owner: LanesOwner<E>,
  ) {
    this.rules = passes.rules
    this.parking = new Parking<E>(this, queue)
    this.keepsAll = queue.type === 'drop'
  }

  /** How many are parked. */
  get length(): number {
    return this.parking.length
  }

  /** When something is due in the next lane; `Infinity` for never. */
  get wakeAt(): Nanos {
    const { keyed, rated } = this.rules
    return Math.min(keyed === null ? Infinity : keyed.timers.least, rated === null ? Infinity : rated.timers.least)
  }

  /** Whether nothing that is parked waits for a time, or leaves by its age. */
  get isTimeless(): boolean {
    return this.keepsAll && this.wakeAt === Infinity
  }

  /** The parked requests with this tag. */
  tagged(tag: unknown): readonly E[] {
    return this.parking.tagged(tag)
  }

  /** When the oldest that is parked was sent; null if none is. O(keys). */
  oldest(): Nanos | null {
    return leastOf(this.rules.all.map((limit) => this.parking.oldestOf(limit)))
  }

  /** The lists of what is parked. */
  *parts(): Iterable<Part<E>> {
    for (const limit of this.rules.all) yield* this.parking.partsOf(limit)
  }

  /** Parks a request that was taken out of the queue: it stands where its age puts it. */
  park(entry: E, lane: LimitLane<E>, now: Nanos): void {
    const limit = this.enter(entry, lane, false, now)
    this.reschedule(lane, limit, now)
  }

  /** Parks a new request, behind all others. */
  parkNew(entry: E, lane: LimitLane<E>, now: Nanos): void {
    const limit = this.enter(entry, lane, true, now)
    if (lane.mayBeNext(entry)) this.reschedule(lane, limit, now)
    else this.schedule(lane, limit, now)
  }

  /**
   * Fast path: `parkNew` in a lane without a rate, while no queue drops by age; otherwise false, and nothing changes.
   *
   * @param pass null for one that holds its key, while there is no `max`
   */
  tryParkNew(entry: E, pass: Pass<E> | null, lane: LimitLane<E>, now: Nanos): boolean {
    if (!this.parking.tryPark(entry, pass, lane)) return false
    if (pass === null) park(entry)
    else {
      pass.place = 'parked'
      pass.parkedIn = lane
    }
    const { watch } = this.passes
    if (watch.isOn) watch.held(entry, 'limits', (lane.owner as KeyedLimit<E>).keyIn(lane), now)
    return true
  }

  /**
   * Fast path: takes out the next one of a lane without a rate, which may begin; null, and nothing changes, if something has to
   * be decided.
   */
  tryUnpark(lane: LimitLane<E>, now: Nanos): E | null {
    const entry = this.parking.tryNext(lane, now)
    if (entry !== null && !holdsKey(entry)) {
      const pass = this.passOf(entry)
      this.parking.unlist(pass)
      pass.parkedIn = null
    }
    return entry
  }

  /** Removes a request that is parked; false if it is not. */
  remove(entry: E, now: Nanos): boolean {
    const pass = this.passes.get(entry)
    const lane = pass?.place === 'parked' ? pass.parkedIn : null
    if (pass === undefined || lane === null || !this.parking.remove(entry, lane, now)) return false
    this.passes.forget(entry, pass)
    this.reschedule(lane, this.passes.limitOf(lane, pass), now)
    return true
  }

  /** Drops one of the least urgent for `entry`; false if it is not less urgent, or if its priority is above `highest`. */
  shedFor(entry: E, highest: number, now: Nanos): boolean {
    const last = this.parking.last()
    return last !== null && last.priority <= highest && this.parking.shedFor(entry, last, now)
  }

  /** Drops the oldest of the least urgent for one that is as urgent; false if one that is older than that stands in the queue. */
  dropOldestFor(entry: E, oldestInQueue: Nanos | null, now: Nanos): boolean {
    const last = this.parking.last()
    if (last === null || last.priority !== entry.priority) return false
    if (oldestInQueue !== null && oldestInQueue <= last.sentAt) return false
    return this.parking.dropFor(last, 'max', now)
  }

  /** A request has begun. */
  began(pass: Pass<E>, now: Nanos): void {
    pass.begin(now)
    this.refill(pass, now)
  }

  /** Places of a request are free: brings back as many of its keys as may begin now. */
  refill(pass: Pass<E>, now: Nanos): void {
    const { keyed, rated } = pass
    if (keyed !== null && keyed.parked > 0) this.refillIn(keyed, this.passes.limitOf(keyed, pass), now)
    if (rated !== null && rated.parked > 0) this.refillIn(rated, this.passes.limitOf(rated, pass), now)
  }

  /** The same for one lane. */
  refillLane(lane: LimitLane<E>, now: Nanos): void {
    this.refillIn(lane, lane.owner as KeyedLimit<E>, now)
  }

  /** A request left the queue for good: its places are free for others. */
  left(entry: E, now: Nanos): void {
    const pass = this.passes.get(entry)
    if (pass === undefined) return
    if (pass.place === 'ready') pass.leave()
    this.passes.forget(entry, pass)
    this.refill(pass, now)
  }

  /** Lets time pass in the lanes in which something is due. */
  wake(now: Nanos): void {
    for (const limit of this.rules.all) {
      if (limit.timers.least > now) continue
      for (const lane of limit.timers.upTo(now)) {
        this.parking.timeout(lane, now)
        this.refillIn(lane, limit, now)
      }
    }
  }

  /** Takes all out. */
  drain(): E[] {
    return this.rules.all.flatMap((limit) => this.parking.drain(limit))
  }

  /** Takes other options of the lanes' queues over. Call it while nothing is parked. */
  configure(queue: CheckedLeafOptions): void {
    this.parking.queue = queue
    this.keepsAll = queue.type === 'drop'
  }

  passOf(entry: E): Pass<E> {
    return this.passes.get(entry) as Pass<E>
  }

  parkedDropped(drop: Drop<E>, now: Nanos): void {
    const pass = this.passes.get(drop.entry)
    this.passes.delete(drop.entry)
    if (pass?.parkedIn) this.reschedule(pass.parkedIn, this.passes.limitOf(pass.parkedIn, pass), now)
    this.owner.dropped(drop, now)
  }

  private enter(entry: E, lane: LimitLane<E>, isNew: boolean, now: Nanos): KeyedLimit<E> {
    const pass = this.passes.of(entry)
    pass.place = 'parked'
    pass.parkedIn = lane
    lane.willPark(isNew, entry.priority)
    this.parking.park(entry, lane, isNew, now)
    const limit = this.passes.limitOf(lane, pass)
    const { watch } = this.passes
    if (watch.isOn) watch.held(entry, this.holding(lane, limit), limit.keyIn(lane), now)
    return limit
  }

  private holding(lane: LimitLane<E>, limit: KeyedLimit<E>): HoldingLimit {
    if (lane.isHeld) return 'backOff'
    return limit === this.rules.keyed ? 'limits' : 'rate'
  }

  /** Brings back as many parked requests of a lane as may begin now. */
  private refillIn(lane: LimitLane<E>, limit: KeyedLimit<E>, now: Nanos): void {
    const least = this.rules.leastIn(limit)
    lane.endHold(now)
    lane.opensAt = Infinity
    while (lane.parked > 0 && lane.hasPlace()) {
      lane.opensAt = lane.fitsAt(least, now)
      if (lane.opensAt > now) break
      lane.opensAt = Infinity
      const entry = this.parking.next(lane, now)
      if (entry === null) break
      const pass = this.passes.of(entry)
      const at = lane.fitsAt(pass.costIn(lane), now)
      if (at > now) {
        this.parking.park(entry, lane, false, now)
        lane.opensAt = at
        break
      }
      const other = pass.otherThan(lane)
      if (other?.isBlocked(pass.costIn(other), now) === true) this.park(entry, other, now)
      else this.owner.unparked(entry, now)
    }
    limit.timers.set(lane, lane.wakeAt)
    limit.forget(lane)
  }

  /** Sets when a lane is due, after another request has become its next one. */
  private reschedule(lane: LimitLane<E>, limit: KeyedLimit<E>, now: Nanos): void {
    if (lane.rules.inOrder || lane.parked === 0) lane.opensAt = Infinity
    this.schedule(lane, limit, now)
  }

  /** Sets when a lane is due, after something was parked in it. */
  private schedule(lane: LimitLane<E>, limit: KeyedLimit<E>, now: Nanos): void {
    if (lane.rate !== null && lane.parked > 0 && lane.opensAt === Infinity && lane.hasPlace()) {
      lane.opensAt = lane.fitsAt(this.rules.leastIn(limit), now)
    }
    limit.timers.set(lane, lane.wakeAt)
  }
}
