import { type Nanos } from '@genpool/runtime'
import { type LayeredQueue } from '../queues/layered-queue'
import { type Waiting } from '../queues/waiting'
import { type GatedQueue } from './gated-queue'
import { begin, beginsAlone, beginsNow, end, enter, hold, laneFor, laneOf, runs } from './lane-holder'
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
  readonly #rules: LimitRules<E>

  constructor(
    private readonly passes: Passes<E>,
    private readonly inner: LayeredQueue<E>,
    private readonly queue: GatedQueue<E>,
    private readonly lanes: LaneSchedule<E>,
  ) {
    this.#rules = passes.rules
  }

  /** How many could be served now. */
  get ready(): number {
    return this.inner.ready
  }

  /** Whether nothing can be served, and nothing is due at any time. */
  get isAtRest(): boolean {
    return !this.queue.isHolding && this.inner.ready === 0 && this.lanes.wakeAt === Infinity
  }

  /** Whether a new one may begin at once. */
  mayBegin(entry: E, now: Nanos): boolean {
    const { gate, isPlain, only } = this.#rules
    // The lane first: it is the most likely to say no.
    const lane = only === null ? undefined : laneFor(entry, only)
    if (lane !== undefined && !beginsAlone(lane, now)) return false
    if (!this.isAtRest) return false
    if (isPlain || lane !== undefined) return gate === null || gate.fits(1, now)
    const pass = this.passes.of(entry)
    return pass.isAlone && !pass.isBlocked(now) && (gate === null || gate.fits(pass.cost, now))
  }

  /** Adds one that may stand in the queue, or parks it; otherwise false, and nothing changes. */
  tryEnqueue(entry: E, now: Nanos): boolean {
    if (this.queue.isHolding) return false
    const { isPlain, only } = this.#rules
    if (isPlain) return this.#enqueued(entry, now)
    const lone = only === null ? undefined : laneFor(entry, only)
    if (lone !== undefined && lone.waiting < lone.rules.max && !lone.isClosed(1, 0, now)) {
      if (!this.#enqueued(entry, now)) return false
      enter(entry, lone)
      return true
    }
    const pass = this.passes.of(entry)
    const { keyed } = pass
    if (keyed !== null && keyed.waiting >= keyed.rules.max) return false
    const lane = pass.closedLane(0, now)
    if (lane !== null) return this.#parked(entry, pass, lane, now)
    if (!this.#enqueued(entry, now)) return false
    pass.enter(0)
    return true
  }

  /** Parks a new one if it may not begin and nothing else has to be decided; otherwise false, and nothing changes. */
  tryPark(entry: E, now: Nanos): boolean {
    if (this.queue.isHolding || this.#rules.isPlain) return false
    const pass = this.passes.of(entry)
    const lane = pass.closedLane(0, now)
    return lane !== null && lane === pass.keyed && lane.waiting < lane.rules.max && this.#parked(entry, pass, lane, now)
  }

  /** What is served next, where nothing has to be decided, if it has more than `enough` of its time left; otherwise null. */
  next(now: Nanos, enough: Nanos): E | null {
    const { gate, isPlain } = this.#rules
    const entry = this.queue.isHolding ? null : this.inner.peek(now, enough)
    if (entry === null || (gate !== null && !gate.fits(1, now))) return null
    if (isPlain) return entry
    const lane = laneOf(entry)
    if (lane !== undefined) return beginsNow(entry, lane, now) && this.lanes.wakeAt > now ? entry : null
    const pass = this.passes.get(entry)
    if (pass === undefined || pass.place !== 'ready' || !pass.beginsShortly(now)) return null
    if (this.lanes.wakeAt <= now || (entry.key !== undefined && !pass.isAlone)) return null
    return gate === null || pass.cost === 1 ? entry : null
  }

  /** Takes what `next` has just returned, and begins it. */
  take(entry: E, now: Nanos): void {
    this.inner.takeShown(entry)
    const lane = laneOf(entry)
    if (lane !== undefined) lane.leave(1)
    else if (!this.#rules.isPlain) this.passes.of(entry).leave()
    this.begin(entry, now)
  }

  /** Begins one, where nothing is parked that it concerns. */
  begin(entry: E, now: Nanos): void {
    const { gate, isPlain } = this.#rules
    const lane = laneOf(entry)
    if (lane !== undefined) {
      begin(entry, lane, now)
      gate?.add(1, now)
    } else {
      const pass = this.passes.of(entry)
      if (!isPlain) pass.begin(now)
      gate?.add(pass.cost, now)
    }
    this.passes.watch.freed(entry, now)
  }

  /** Ends one that ran: the next of its key may stand in the queue. Otherwise false, and nothing changes. */
  tryRelease(entry: E, now: Nanos): boolean {
    const lane = laneOf(entry)
    if (lane !== undefined) return this.#tryReleaseLane(entry, lane, now)
    const pass = this.#rules.isPlain ? undefined : this.passes.get(entry)
    if (pass === undefined) return true
    if (pass.place !== 'running' || !(pass.isAlone || this.#isSimple(pass))) return false
    pass.end(true)
    this.passes.forget(entry, pass)
    if (pass.keyed !== null && !pass.isAlone) this.#letNext(pass.keyed, now)
    this.passes.reuse(pass)
    return true
  }

  #tryReleaseLane(entry: E, lane: LimitLane<E>, now: Nanos): boolean {
    const isAlone = lane.parked === 0
    if (!runs(entry) || !(isAlone || (this.#isTimeless(lane) && this.#rules.rated === null))) return false
    end(entry, lane)
    if (!isAlone) this.#letNext(lane, now)
    return true
  }

  /** Puts what is parked in a lane into the queue, as far as there are places. */
  #letNext(lane: LimitLane<E>, now: Nanos): void {
    while (lane.parked > 0 && lane.hasPlace()) {
      const pass = this.lanes.tryUnpark(lane, now)
      if (pass === null) {
        this.lanes.refillLane(lane, now)
        break
      }
      const entry = pass.entry as E
      pass.entry = null
      if (lane.owner === this.#rules.only) this.#holdLane(entry, pass, lane)
      else pass.enter(0)
      this.inner.readmitPlain(entry, now)
      this.passes.watch.freed(entry, now)
    }
    this.inner.outside = this.lanes.length
  }

  /** One that comes back needs its pass no more. */
  #holdLane(entry: E, pass: Pass<E>, lane: LimitLane<E>): void {
    this.passes.detach(entry, pass)
    hold(entry, lane)
  }

  /** Whether what is parked for the same key waits for nothing but its turn. */
  #isSimple({ keyed, rated }: Pass<E>): boolean {
    return keyed !== null && this.#isTimeless(keyed) && rated === null && this.#rules.rated === null
  }

  /** Whether no time matters for what is parked in a lane, or comes back from it. */
  #isTimeless({ rate }: LimitLane<E>): boolean {
    if (rate !== null || this.#rules.gate !== null || this.queue.isHolding) return false
    return this.lanes.isTimeless && this.lanes.wakeAt === Infinity
  }

  #enqueued(entry: E, now: Nanos): boolean {
    if (!this.inner.tryEnqueue(entry)) return false
    // It stands there already.
    if (this.#rules.gate !== null) this.queue.tellHold(entry, now, this.queue.ready - 1)
    return true
  }

  #parked(entry: E, pass: Pass<E>, lane: LimitLane<E>, now: Nanos): boolean {
    if (!this.#isTimeless(lane) || this.inner.length + this.lanes.length >= this.inner.max) return false
    if (!this.lanes.tryParkNew(entry, pass, lane, now)) this.lanes.parkNew(entry, lane, now)
    this.inner.outside = this.lanes.length
    return true
  }
}
