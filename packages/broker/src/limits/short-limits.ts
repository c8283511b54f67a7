import { type Nanos } from '@genpool/runtime'
import { type LayeredQueue } from '../queues/layered-queue'
import { type Waiting } from '../queues/waiting'
import { type GatedQueue } from './gated-queue'
import { type HoldWatch } from './hold-watch'
import {
  begin,
  beginsAlone,
  beginsNow,
  end,
  enter,
  enterPlace,
  holdAgain,
  holdsFor,
  holdsKey,
  laneFor,
  laneOf,
  limitOf,
  placeOf,
  runs,
  tryBegin,
  tryEnd,
} from './key-holder'
import { type LaneSchedule } from './lane-schedule'
import { type LimitLane } from './limit-lane'
import { type LimitRules } from './limit-rules'
import { type Pass } from './pass'
import { type Passes } from './passes'

/**
 * Fast path: under limits, requests without key and priority begin, wait and end in a drop queue where nothing has to be
 * decided. Without it, a call with limits takes 3 times as long.
 */
export class ShortLimits<E extends Waiting> {
  private readonly rules: LimitRules<E>
  private readonly watch: HoldWatch<E>

  constructor(
    private readonly passes: Passes<E>,
    private readonly inner: LayeredQueue<E>,
    private readonly queue: GatedQueue<E>,
    private readonly lanes: LaneSchedule<E>,
  ) {
    this.rules = passes.rules
    this.watch = passes.watch
  }

  /** Whether nothing can be served, and nothing is due at any time. */
  get isAtRest(): boolean {
    return this.inner.ready === 0 && !this.isHolding() && (this.inner.outside === 0 || this.lanes.wakeAt === Infinity)
  }

  /**
   * Whether the gate holds a request. The gate is looked at first: it is nearer in memory. Not a getter: a private one costs a
   * call into V8's C++ each time.
   */
  private isHolding(): boolean {
    return this.rules.gate !== null && this.queue.isHolding
  }

  /** Whether a new one may begin at once. */
  mayBegin(entry: E, now: Nanos): boolean {
    const { gate, isPlain, only } = this.rules
    // The key first: it is the most likely to say no.
    const hasKey = only !== null && holdsFor(entry, only)
    if (hasKey && !beginsAlone(entry, now)) return false
    if (!this.isAtRest) return false
    if (isPlain || hasKey) return gate === null || gate.fits(1, now)
    const pass = this.passes.of(entry)
    return pass.isAlone && !pass.isBlocked(now) && (gate === null || gate.fits(pass.cost, now))
  }

  /** Adds one that may stand in the queue, or parks it; otherwise false, and nothing changes. */
  tryEnqueue(entry: E, now: Nanos): boolean {
    const { isPlain, only, ranks } = this.rules
    if (ranks || this.isHolding()) return false
    if (isPlain) return this.enqueued(entry, now)
    if (only !== null && holdsFor(entry, only)) return this.tryEnqueueWithKey(entry, now)
    const pass = this.passes.of(entry)
    const { keyed } = pass
    if (keyed !== null && !keyed.hasRoom) return false
    const lane = pass.closedLane(0, now)
    if (lane !== null) return this.parked(entry, lane, now)
    if (!this.enqueued(entry, now)) return false
    pass.enter(0)
    return true
  }

  private tryEnqueueWithKey(entry: E, now: Nanos): boolean {
    const place = placeOf(entry)
    if (place === 0 || !limitOf(entry).mayEnter(place, now)) return this.tryEnqueueInLane(entry, now)
    if (!this.enqueued(entry, now)) return false
    enterPlace(entry, place)
    return true
  }

  private tryEnqueueInLane(entry: E, now: Nanos): boolean {
    const lane = laneOf(entry)
    if (lane === null) return this.tryParkWithKey(entry, now)
    if (!lane.hasRoom) return false
    if (lane.isClosed(1, 0, now)) return this.parked(entry, lane, now)
    if (!this.enqueued(entry, now)) return false
    enter(entry)
    return true
  }

  /** Parks a new one if it may not begin and nothing else has to be decided; otherwise false, and nothing changes. */
  tryPark(entry: E, now: Nanos): boolean {
    if (this.isHolding() || this.rules.isPlain || this.rules.ranks) return false
    if (holdsKey(entry)) return this.tryParkWithKey(entry, now)
    const pass = this.passes.of(entry)
    const lane = pass.closedLane(0, now)
    return lane !== null && lane === pass.keyed && lane.hasRoom && this.parked(entry, lane, now)
  }

  private tryParkWithKey(entry: E, now: Nanos): boolean {
    const lane = laneOf(entry)
    if (lane !== null) return lane.hasRoom && lane.isClosed(1, 0, now) && this.parked(entry, lane, now)
    return limitOf(entry).mustPark(placeOf(entry), now) && this.parked(entry, laneFor(entry), now)
  }

  /** What is served next, where nothing has to be decided, if it has more than `enough` of its time left; otherwise null. */
  next(now: Nanos, enough: Nanos): E | null {
    const entry = this.first(now, enough)
    return entry !== null && this.mayTake(entry, now) ? entry : null
  }

  /** Takes that, and begins it. */
  tryTake(now: Nanos, enough: Nanos): E | null {
    const entry = this.first(now, enough)
    if (entry === null) return null
    if (this.rules.gate !== null || !holdsKey(entry)) {
      if (!this.mayTake(entry, now)) return null
      this.take(entry, now)
      return entry
    }
    if (!tryBegin(entry, now)) return null
    this.inner.takeShown(entry)
    this.watch.freed(entry, now)
    return entry
  }

  /** The first in the queue, if the gate lets it through, and nothing that is parked is due. */
  private first(now: Nanos, enough: Nanos): E | null {
    const { gate } = this.rules
    if (gate !== null && (this.queue.isHolding || !gate.fits(1, now))) return null
    return this.isDue(now) ? null : this.inner.peek(now, enough)
  }

  private mayTake(entry: E, now: Nanos): boolean {
    const { gate, isPlain } = this.rules
    if (isPlain) return true
    if (holdsKey(entry)) return beginsNow(entry, now)
    const pass = this.passes.get(entry)
    if (pass === undefined || pass.place !== 'ready' || !pass.beginsShortly(now)) return false
    if (entry.key !== undefined && !pass.isAlone) return false
    return gate === null || pass.cost === 1
  }

  /** Whether a parked request may begin, or is too old. */
  private isDue(now: Nanos): boolean {
    return this.inner.outside > 0 && this.lanes.wakeAt <= now
  }

  /** Takes what `next` has just returned, and begins it. */
  take(entry: E, now: Nanos): void {
    this.inner.takeShown(entry)
    if (!holdsKey(entry)) {
      if (!this.rules.isPlain) this.passes.of(entry).leave()
      return this.begin(entry, now)
    }
    tryBegin(entry, now)
    this.rules.gate?.add(1, now)
    this.watch.freed(entry, now)
  }

  /** Begins one, where nothing is parked that it concerns. */
  begin(entry: E, now: Nanos): void {
    const { gate, isPlain } = this.rules
    if (holdsKey(entry)) {
      begin(entry, now)
      gate?.add(1, now)
    } else {
      const pass = this.passes.of(entry)
      if (!isPlain) pass.begin(now)
      gate?.add(pass.cost, now)
    }
    this.watch.freed(entry, now)
  }

  /** Ends one that ran. Returns how many of its key came into the queue; -1, and nothing changes, if more is to be decided. */
  tryRelease(entry: E, now: Nanos): number {
    if (tryEnd(entry)) return 0
    if (holdsKey(entry)) return this.tryReleaseKey(entry, now)
    const pass = this.rules.isPlain ? undefined : this.passes.get(entry)
    if (pass === undefined) return 0
    if (pass.place !== 'running' || !(pass.isAlone || this.isSimple(pass))) return -1
    pass.end(true)
    this.passes.forget(entry, pass)
    const count = pass.keyed !== null && !pass.isAlone ? this.letNext(pass.keyed, now) : 0
    this.passes.reuse(pass)
    return count
  }

  private tryReleaseKey(entry: E, now: Nanos): number {
    if (!runs(entry)) return -1
    const lane = laneOf(entry)
    if (lane !== null && lane.parked > 0) return this.tryReleaseLane(entry, lane, now)
    end(entry)
    return 0
  }

  private tryReleaseLane(entry: E, lane: LimitLane<E>, now: Nanos): number {
    if (!this.isTimeless(lane) || this.rules.rated !== null) return -1
    end(entry)
    return this.letNext(lane, now)
  }

  /** Puts what is parked in a lane into the queue, as far as there are places. Returns how many. */
  private letNext(lane: LimitLane<E>, now: Nanos): number {
    const before = this.inner.ready
    while (lane.parked > 0 && lane.hasPlace()) {
      const entry = this.lanes.tryUnpark(lane, now)
      if (entry === null) {
        this.lanes.refillLane(lane, now)
        break
      }
      if (holdsKey(entry)) enter(entry)
      else if (lane.owner === this.rules.only && !this.rules.ranks) this.holdLane(entry, this.passes.of(entry), lane)
      else this.passes.of(entry).enter(0)
      this.inner.rejoinPlain(entry, now)
      this.watch.freed(entry, now)
    }
    this.inner.outside = this.lanes.length
    return this.inner.ready - before
  }

  /** One that comes back needs its pass no more. */
  private holdLane(entry: E, pass: Pass<E>, lane: LimitLane<E>): void {
    this.passes.detach(entry, pass)
    holdAgain(entry, lane)
  }

  /** Whether what is parked for the same key waits for nothing but its turn. */
  private isSimple({ keyed, rated }: Pass<E>): boolean {
    return keyed !== null && this.isTimeless(keyed) && rated === null && this.rules.rated === null
  }

  /** Whether no time matters for what is parked in a lane, or comes back from it. */
  private isTimeless({ rate }: LimitLane<E>): boolean {
    return rate === null && this.rules.gate === null && this.lanes.isTimeless
  }

  private enqueued(entry: E, now: Nanos): boolean {
    if (!this.inner.tryEnqueue(entry)) return false
    // It stands there already.
    if (this.rules.gate !== null) this.queue.tellHold(entry, now, this.queue.ready - 1)
    return true
  }

  private parked(entry: E, lane: LimitLane<E>, now: Nanos): boolean {
    if (!this.isTimeless(lane)) return false
    const { inner } = this
    if (inner.isBounded && inner.length + this.lanes.length >= inner.max) return false
    const pass = !inner.isBounded && holdsKey(entry) ? null : this.passes.of(entry)
    const overtakes = lane.ready > 0 && lane.floor < 0
    if (!this.inner.tryAdmit(entry)) return false
    if (overtakes || !this.lanes.tryParkNew(entry, pass, lane, now)) this.lanes.parkNew(entry, lane, now)
    this.inner.outside = this.lanes.length
    return true
  }
}
