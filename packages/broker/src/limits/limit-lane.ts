import { keepShape, type Nanos, type Scheduled } from '@genpool/runtime'
import { Level } from '../queues/level'
import { type Queue } from '../queues/queue'
import { type Waiting } from '../queues/waiting'
import { type Gate, holdOf, isHold, rateOf, withRate } from './hold'
import { type RateRules } from './begins'
import { LaneLevels } from './lane-levels'
import { type Rate } from './rate'

/** What holds for each key. */
export interface KeyRules {
  readonly concurrency: number
  readonly rate: RateRules | null
  /** How many may wait. */
  readonly max: number
  /** Whether the newest is served first, so that a new request overtakes all others. */
  readonly newestFirst: boolean
  /** Whether requests cost more or less: then a small one must not pass a great one that waits for the rate. */
  readonly inOrder: boolean
}

/**
 * One key: how many of its requests run, how many could be served next, and those that are parked until they may begin.
 *
 * Only as many requests as may begin now stand in the queue that members are served from; the others are parked here.
 */
export class LimitLane<E extends Waiting> implements Scheduled {
  heapAt: Nanos
  heapIndex = -1
  /** How many requests know this lane. Some wait elsewhere, for another limit or their own key, and come here later. */
  known = 0
  running = 0
  /** How many stand in the queue, what they cost together, and the lowest of their priorities. */
  ready = 0
  readyCost = 0
  floor: number
  parked = 0
  /** Whether one that is parked may come before one that stands in the queue: it was parked while a back-off, or what ran, held it. */
  isMixed = false
  /** The level of what is parked if there is one, as there is most often; null without, and with several. */
  private only: Level<E> | null = null
  /** Made when there are first several; without any while there are not. */
  private several: LaneLevels<E> | null = null
  /** Fast path: the level of what is parked, if there is no other priority than 0; otherwise null. */
  plainLevel: Level<E> | null = null
  /** What its rate and a back-off let begin. Its limit sets it. */
  rate: Gate | null = null
  /** When the rate lets the next parked request begin; `Infinity` if something else is waited for. */
  opensAt: Nanos
  /** The place of its key in its limit; 0 if it has no key now. */
  place = 0
  /** Whether nothing of its key was left some time ago, and its limit keeps it for a while. */
  isResting = false

  constructor(
    public rules: KeyRules,
    /** Whose lane it is. */
    readonly owner: unknown,
  ) {
    // Pointers to a shared number, as in `Waiting`: saves 48 bytes of each key.
    this.heapAt = this.floor = this.opensAt = null as unknown as number
    this.heapAt = this.floor = this.opensAt = Infinity
  }

  get waiting(): number {
    return this.ready + this.parked
  }

  /** Whether a new request that knows it may wait. Those count that wait elsewhere, too: for another limit or for their own key. */
  get hasRoom(): boolean {
    return this.known - this.running <= this.rules.max
  }

  /** Forgets what stands in the queue; keeps what runs, and what the rate has counted. */
  reset(): void {
    this.ready = this.readyCost = 0
    this.floor = Infinity
  }

  configure(rules: KeyRules, rate: Rate | null): void {
    this.rules = rules
    this.rate = withRate(this.rate, rate)
  }

  /** Whether a request may not begin now. */
  isBlocked(cost: number, now: Nanos): boolean {
    return this.running >= this.rules.concurrency || (this.rate !== null && !this.rate.fits(cost, now))
  }

  /** Whether one that holds its key may begin, and nothing that is parked is concerned. */
  beginsShortly(entry: E, now: Nanos): boolean {
    if (this.isBlocked(1, now)) return false
    return this.parked === 0 || (this.rate === null && !this.isMixed && entry.key === undefined)
  }

  /** Whether a parked request is to begin before this one. */
  isBehind(entry: E): boolean {
    const { priority } = entry
    const first = this.parked > 0 ? this.highest : undefined
    if (first === undefined || first.priority < priority) return false
    return first.priority > priority || first.hasOlder(entry)
  }

  /** Whether a request that was just parked may be the next to begin. */
  mayBeNext({ priority }: E): boolean {
    const first = this.highest
    return first?.priority === priority && (this.rules.newestFirst || first.length === 1)
  }

  /** Something is about to be parked. @param isNew whether it came after all that is known */
  willPark(isNew: boolean, priority: number): void {
    if (this.parked === 0) this.isMixed = false
    if (this.ready > 0 && !this.rules.newestFirst && (!isNew || priority > this.floor)) this.isMixed = true
  }

  /** Whether one more request may begin after all that stand in the queue. */
  hasPlace(): boolean {
    return this.running + this.ready < this.rules.concurrency
  }

  /** When the rate lets a request begin after all that stand in the queue. */
  fitsAt(cost: number, now: Nanos): Nanos {
    return this.rate === null ? now : this.rate.opensAt(this.readyCost + cost, now)
  }

  /** Whether a new request must be parked. One that overtakes what stands in the queue needs a free place only. */
  isClosed(cost: number, priority: number, now: Nanos): boolean {
    if (this.isBlocked(cost, now)) return true
    if (this.rules.newestFirst || (this.ready === 0 && this.parked === 0)) return false
    if (this.parked === 0 && this.hasPlace() && this.fitsAt(cost, now) <= now) return false
    if (this.ready > 0 && priority <= this.floor) return true
    return this.parked > 0 && priority <= (this.highest?.priority ?? -Infinity)
  }

  enter(cost: number, priority: number): void {
    this.ready++
    this.readyCost += cost
    if (priority < this.floor) this.floor = priority
  }

  leave(cost: number): void {
    this.readyCost -= cost
    if (--this.ready === 0) this.floor = Infinity
  }

  begin(cost: number, now: Nanos): void {
    this.running++
    this.rate?.add(cost, now)
  }

  /** @param beganAt when it was counted, if it did not run after all; null if it ran */
  end(cost: number, beganAt: Nanos | null): void {
    this.running--
    if (beganAt !== null) this.rate?.undo(cost, beganAt)
  }

  /** The parked requests of each priority, in no order. */
  get levels(): readonly Level<E>[] {
    if (this.only !== null) return [this.only]
    return this.several === null ? [] : this.several.all
  }

  /** The level to serve next. It may be empty if it is the only one. */
  get highest(): Level<E> | undefined {
    return this.only ?? this.several?.highest
  }

  /** Whether there is one level, and no other. */
  get hasOneLevel(): boolean {
    return this.only !== null
  }

  /** The level of a priority if there is one. */
  knownLevel(priority: number): Level<E> | null {
    const { only } = this
    if (only === null) return this.several === null ? null : this.several.get(priority)
    return only.priority === priority ? only : null
  }

  /** The levels that are due, the highest first. */
  dueLevels(now: Nanos): readonly Level<E>[] {
    const { only } = this
    if (only === null) return this.several?.due(now) ?? []
    return only.wakeAt !== null && only.wakeAt <= now ? [only] : []
  }

  /** Adds the level of a priority, with its queue, in which something is about to be parked. */
  addLevel(priority: number, queue: Queue<E>): Level<E> {
    const level = new Level<E>(priority, queue)
    const { only } = this
    if (only === null && (this.several === null || this.several.size === 0)) this.setOnly(level)
    else {
      this.several ??= new LaneLevels<E>()
      if (only !== null) this.several.add(only)
      this.several.add(level)
      this.only = this.plainLevel = null
    }
    return level
  }

  /** Call it after each change of a level: an empty one is forgotten, unless it is the only one. */
  changed(level: Level<E>): void {
    if (this.only !== null || this.several === null) return
    this.several.changed(level)
    if (this.several.size === 1) this.setOnly(this.several.takeLast())
  }

  /** Nothing is parked any more, and the queues need not be kept. */
  forgetLevels(): void {
    this.only = this.plainLevel = this.several = null
  }

  private setOnly(level: Level<E>): void {
    this.only = level
    this.plainLevel = level.priority === 0 ? level : null
  }

  /** Whether it backs off: nothing of it begins until a time. */
  get isHeld(): boolean {
    return isHold(this.rate)
  }

  /** Forgets a back-off that is over. */
  endHold(now: Nanos): void {
    if (isHold(this.rate) && this.rate.until <= now) this.rate = rateOf(this.rate)
  }

  /** When something is due here: a request may begin, is too old, or a back-off is over. */
  get wakeAt(): Nanos {
    const at = this.isHeld ? Math.min(this.opensAt, holdOf(this.rate)) : this.opensAt
    const levels = this.only ?? this.several
    return levels === null || levels.wakeAt === null || levels.wakeAt >= at ? at : levels.wakeAt
  }
}

keepShape(new LimitLane({ concurrency: 1, rate: null, max: 1, newestFirst: false, inOrder: false }, null))
