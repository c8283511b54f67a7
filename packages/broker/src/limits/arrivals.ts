import { type Nanos } from '@genpool/runtime'
import { type Drop } from '../queues/queue'
import { type Waiting } from '../queues/waiting'
import { type GatedQueue } from './gated-queue'
import { type KeyBound } from './key-bound'
import { type LaneSchedule } from './lane-schedule'
import { type Pass } from './pass'
import { type Passes } from './passes'

/** Why a request finds no place. */
export type NoPlace = Pick<Drop<Waiting>, 'reason' | 'ofKey' | 'cause'>

/** Where a new request goes: to a member at once, into the queue, into the lane of its key, or nowhere if all is full. */
export class Arrivals<E extends Waiting> {
  constructor(
    private readonly passes: Passes<E>,
    private readonly queue: GatedQueue<E>,
    private readonly lanes: LaneSchedule<E>,
    private readonly keyBound: KeyBound<E>,
    private readonly drop: (entry: E, why: NoPlace, now: Nanos) => void,
  ) {}

  /** Whether a new request has to wait although a member is idle. */
  mustWait(entry: E, now: Nanos): boolean {
    const pass = this.passes.of(entry)
    if (this.queue.mustStepBack(entry) || pass.closedLane(entry.priority, now) !== null) return true
    return !this.queue.lets(pass.cost, now)
  }

  /** Adds a request, or drops it. */
  add(entry: E, pass: Pass<E>, now: Nanos): void {
    if (!this.#findsPlace(entry, pass, now)) return this.passes.forget(entry, pass)
    this.keyBound.willWait(entry, pass, true)
    this.#enter(entry, pass, now)
  }

  /** Counts what waits in the queue already; drops what cannot be counted, or may never begin. @param before the passes that they had */
  adopt(waiting: readonly E[], before: readonly (Pass<E> | undefined)[], now: Nanos): void {
    for (const [i, entry] of waiting.entries()) {
      this.keyBound.saw(entry)
      const unfit = this.passes.adopt(entry, before[i], this.queue.holdsBack(entry))
      if (unfit === null) continue
      this.queue.remove(entry, now)
      this.drop(entry, { ...unfit, reason: 'rate' }, now)
    }
  }

  /** Makes sure that one more may wait; otherwise drops `entry`. */
  #findsPlace(entry: E, pass: Pass<E>, now: Nanos): boolean {
    if (!this.keyBound.hasRoomFor(entry, pass.keyed, now)) {
      this.drop(entry, { reason: 'max', ofKey: true }, now)
      return false
    }
    if (this.queue.length + this.lanes.length < this.queue.max) return true
    const { lowestPriority, dropsOldest } = this.queue
    if (this.lanes.shedFor(entry, lowestPriority, now)) return true
    const isAsUrgent = dropsOldest && entry.priority <= lowestPriority
    if (isAsUrgent && this.lanes.dropOldestFor(entry, this.queue.oldest(), now)) return true
    return this.queue.makePlace(entry, now)
  }

  #enter(entry: E, pass: Pass<E>, now: Nanos): void {
    this.queue.letPass(entry, now)
    // One with a key takes its turn in the queue first: requests of one key keep their order.
    const lane = entry.key === undefined ? pass.closedLane(entry.priority, now) : null
    if (lane !== null) {
      this.lanes.parkNew(entry, lane, now)
      return
    }
    if (this.queue.mustStepBack(entry)) pass.place = 'behind'
    else pass.enter(entry.priority)
    this.queue.tellHold(entry, now)
    this.queue.enqueue(entry, now)
  }
}
