import { keyName, MinHeap, type Nanos, readSafely } from '@genpool/runtime'
import { compareKeys } from '../queues/fair-keys'
import { type Waiting } from '../queues/waiting'
import { Begins } from './begins'
import { holdOf } from './hold'
import { type HoldingLimit } from './hold-watch'
import { KeyCounts } from './key-counts'
import { KeyTable } from './key-table'
import { type KeyRules, LimitLane } from './limit-lane'
import { type CheckedLimitsOptions, keyIn, keyOf } from './limit-options'
import { Rate } from './rate'

/** This many keys of which nothing is left, and as many lanes, rest before they are let go: one that comes again soon costs nothing. */
const RESTING = 16
/** At least this many lanes are kept for other keys, or as many as are in use. */
const SPARE_LANES = 1024

/** Stands for the key of a request that has none. */
class LoneKey {
  readonly isAlone = true
}

/**
 * The keys under one limit.
 *
 * A key has a lane while something of it is parked, has options or backs off; otherwise see `KeyCounts`. One of which nothing is left,
 * also in its rate, is forgotten.
 */
export class KeyedLimit<E extends Waiting> extends KeyCounts<E> {
  /** How many messages had no key, and whether any had one. A message that is looked at again, with other options, counts again. */
  keyless = 0
  keyFound = false
  /** The lanes in which something is due at a time. */
  readonly timers = new MinHeap<LimitLane<E>>()
  private readonly table = new KeyTable()
  /** Lanes for other keys. */
  private spare: LimitLane<E>[] = []
  /** A ring of lanes of which nothing was left some time ago. Some may be in use again. */
  private readonly resting: (LimitLane<E> | null)[] = Array.from({ length: RESTING }, () => null)
  private rested = 0
  /** The same of the places of keys without a lane. Some may be those of other keys, or of none. */
  private readonly restingPlaces = new Int32Array(RESTING)
  private restedPlaces = 0

  /** The property that has the key; null if a user's function finds it. Fast path: it is read without a function. */
  private readonly property: string | null
  private readonly findKey: (message: unknown) => unknown

  constructor(
    by: CheckedLimitsOptions['by'],
    rules: KeyRules,
    /** Whether it is the option `rate`, and not `limits`. */
    readonly isRate: boolean,
  ) {
    super(rules)
    this.property = typeof by === 'string' ? by : null
    this.findKey = keyOf(by)
    this.configure(rules)
  }

  /** The key of a message; undefined if it has none. @throws {InvalidError} if the user's function throws */
  keyOf(message: unknown): unknown {
    return this.property === null ? this.findKey(message) : keyIn(message, this.property)
  }

  /** The lane of a message; null if it has no key. @throws {InvalidError} if the user's function throws */
  laneOf(message: unknown): LimitLane<E> | null {
    const key = this.keyOf(message)
    return key === undefined ? null : this.laneByKey(key)
  }

  /** The lane of a key. Call `forget` if nothing is added to it. */
  laneByKey(key: unknown): LimitLane<E> {
    return this.laneIn(this.placeOf(key))
  }

  /** The place of a key. It may go to another key unless something of it is counted. */
  placeOf(key: unknown): number {
    return this.table.find(key) || this.add(key)
  }

  /** The lane of the key in a place. One that is made knows the requests that are counted. */
  laneIn(place: number): LimitLane<E> {
    return this.laneAt(place) ?? this.activate(place)
  }

  /** A lane for one request without a key, which nothing but a back-off holds. */
  loneLane(): LimitLane<E> {
    const lane = this.laneByKey(new LoneKey())
    lane.rate = null
    return lane
  }

  /** Whether it is a lane for one request without a key. */
  isLone({ place }: LimitLane<E>): boolean {
    return this.table.keyOf(place) instanceof LoneKey
  }

  /** The key of a lane, for a reader; undefined if it is one for a request without a key. */
  keyIn(lane: LimitLane<E>): unknown {
    return this.isLone(lane) ? undefined : keyName(this.table.keyOf(lane.place))
  }

  /** Whether the key of a lane is named before that of another: by the order of keys. Places would depend on what came before. */
  isBefore(a: LimitLane<E>, b: LimitLane<E>): boolean {
    const order = compareKeys(this.table.keyOf(a.place), this.table.keyOf(b.place))
    // Symbols have no order.
    return order < 0 || (order === 0 && a.place < b.place)
  }

  /** When the rate of an entry's key lets something of this cost begin; `now` if the key is not known. */
  opensAt(entry: Waiting, cost: number, now: Nanos): Nanos {
    // Without keys there is nothing to find: the user's function is spared.
    const key = this.table.size > 0 ? readSafely(() => this.keyOf(entry.subject), undefined) : undefined
    if (this.table.find(key) === 0) return now
    const lane = this.laneByKey(key)
    const at = lane.fitsAt(cost, now)
    this.forget(lane)
    return at
  }

  /** What of its key does not let an entry begin that costs this: a back-off, or the limit; undefined if nothing does, or the key is not known. */
  holderOf(entry: Waiting, cost: number, now: Nanos): HoldingLimit | undefined {
    const key = this.table.size > 0 ? readSafely(() => this.keyOf(entry.subject), undefined) : undefined
    const place = this.table.find(key)
    if (place === 0) return undefined
    const lane = this.laneAt(place)
    if (lane !== null && holdOf(lane.rate) > now) return 'backOff'
    // One that is parked while none of its key stands in the queue costs more than may begin now.
    const isHeld =
      lane === null ? !this.mayBegin(place, now) : lane.isBlocked(cost, now) || (lane.parked > 0 && lane.ready === 0)
    return isHeld ? (this.isRate ? 'rate' : 'limits') : undefined
  }

  /** All lanes. */
  lanes(): readonly LimitLane<E>[] {
    return this.active.slice(1)
  }

  /** How many keys without a lane have something that waits or runs, or have begun something lately, so that their rates count it. */
  countOthers(now: Nanos): number {
    let count = 0
    for (let place = 1; place < this.table.places; place++) {
      if (this.laneAt(place) !== null || this.table.keyOf(place) === undefined) continue
      const isIdle = this.onlyRests(place) || !this.isKept(place)
      if (!isIdle || this.begins?.counts(place, now) === true) count++
      else this.left(place)
    }
    return count
  }

  configure(rules: KeyRules): void {
    this.rules = rules
    this.countUpTo(rules)
    this.spare = []
    if (rules.rate === null) this.endRates()
    else if (this.begins !== null) this.begins.configure(rules.rate)
    else {
      this.begins = new Begins(rules.rate, (place) => this.left(place))
      this.begins.fit(this.table.places)
    }
    for (const lane of this.lanes())
      lane.configure(rules, this.begins === null ? null : new Rate(this.begins, lane.place))
  }

  /** Lets go of a lane that no request knows, and that does not back off. It rests for a while before. */
  forget(lane: LimitLane<E>): void {
    if (lane.known > 0 || lane.isHeld || lane.owner !== this || lane.place === 0) return
    if (lane.heapIndex >= 0) this.timers.delete(lane)
    if (lane.isResting) return
    lane.isResting = true
    const at = this.rested++ & (RESTING - 1)
    const before = this.resting[at] as LimitLane<E> | null
    this.resting[at] = lane
    if (before !== null) this.endRestOf(before)
  }

  /** It rests before it is let go, unless its rate keeps it for longer. */
  protected released(place: number): void {
    if (this.begins !== null && !this.begins.isEmpty(place)) return
    this.beginRest(place)
    const at = this.restedPlaces++ & (RESTING - 1)
    const before = this.restingPlaces[at] as number
    this.restingPlaces[at] = place
    if (this.endRest(before)) this.left(before)
  }

  private endRestOf(lane: LimitLane<E>): void {
    lane.isResting = false
    if (lane.known > 0 || lane.isHeld) return
    const { place } = lane
    this.detach(lane)
    this.left(place)
    if (this.spare.length < SPARE_LANES || this.spare.length < this.active.length) this.spare.push(lane)
  }

  /** Gives a new key a place. */
  private add(key: unknown): number {
    const place = this.table.add(key)
    if (place + 1 < this.table.places) return place
    // Here, since each first key comes here and few others do: it costs nothing.
    this.keyFound = true
    this.fit(place + 1)
    return place
  }

  /** Gives a key a lane. */
  private activate(place: number): LimitLane<E> {
    const lane = this.spare.length === 0 ? new LimitLane<E>(this.rules, this) : (this.spare.pop() as LimitLane<E>)
    this.attach(lane, place)
    const { rate } = lane
    if (this.begins === null) return lane
    if (rate === null) lane.rate = new Rate(this.begins, place)
    else (rate as Rate).place = place
    return lane
  }

  /** Something of a key has ended: forgets the key if nothing is left. */
  private left(place: number): void {
    if (this.isKept(place) || this.begins?.isEmpty(place) === false) return
    if (this.table.keyOf(place) === undefined) return
    const before = this.table.places
    this.table.remove(place)
    if (this.table.places !== before) this.fit(this.table.places)
  }

  /** The rates count nothing any more. */
  private endRates(): void {
    const { begins } = this
    this.begins = null
    if (begins === null) return
    for (let place = this.table.places - 1; place > 0; place--) this.left(place)
  }
}
