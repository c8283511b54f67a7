import { type Nanos } from '@genpool/runtime'
import { byArrival, leastOf } from '../queues/arrival'
import { CollectedDecision } from '../queues/collected-decision'
import { type LayeredQueue } from '../queues/layered-queue'
import { allOf, type Part } from '../queues/part'
import { type Drop } from '../queues/queue'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { Arrivals, type NoPlace } from './arrivals'
import { GatedQueue } from './gated-queue'
import { type HoldWatch } from './hold-watch'
import { KeyBound } from './key-bound'
import { LaneSchedule } from './lane-schedule'
import { isNewestFirst, laneQueue } from './limit-client'
import { behindReady, type LimitFigures, figuresOf } from './limit-figures'
import { LimitRules, type LimitsInForce } from './limit-rules'
import { type Openings, openingsOf } from './openings'
import { Passes } from './passes'
import { ShortLimits } from './short-limits'

/** What limits need of the owner of their broker (see `BrokerHooks`). */
interface LimitHooks<E extends Waiting> {
  readonly holds?: HoldWatch<E>
  readonly comesBack?: boolean
}

/**
 * What waits under limits: in the queue that members are served from, and parked in the lanes of keys. Here it is read, and leaves
 * without being served: removed, cancelled, drained or dropped.
 */
export abstract class LimitedWaiting<E extends Waiting> {
  readonly decision = new CollectedDecision<E>()
  /** The fast path. */
  readonly short: ShortLimits<E>
  protected readonly rules: LimitRules<E>
  protected readonly passes: Passes<E>
  protected readonly queue: GatedQueue<E>
  protected readonly lanes: LaneSchedule<E>
  protected readonly arrivals: Arrivals<E>
  protected readonly keyBound: KeyBound<E>

  constructor(
    inner: LayeredQueue<E>,
    client: CheckedQueueOptions,
    limits: LimitsInForce,
    now: Nanos,
    { holds, comesBack = false }: LimitHooks<E>,
  ) {
    this.rules = new LimitRules<E>(limits, isNewestFirst(client), comesBack)
    this.passes = new Passes<E>(this.rules, holds)
    this.queue = new GatedQueue<E>(inner, this.passes, client, {
      parked: () => this.lanes.length,
      dropped: (drops, at) => this.#queueDropped(drops, at),
    })
    this.lanes = new LaneSchedule<E>(this.passes, laneQueue(client), {
      unparked: (entry, at) => this.queue.rejoin(entry, at),
      dropped: (drop, at) => this.#laneDropped(drop, at),
    })
    const drop = (entry: E, why: NoPlace, at: Nanos): void => {
      this.decision.add({ ...why, entry, sojourn: at - entry.sentAt, waiting: this.length })
    }
    this.keyBound = new KeyBound<E>(this.passes, {
      length: () => this.length,
      waiting: () => this,
      shed: (entry, at) => {
        this.takeOut(entry, at)
        drop(entry, { reason: 'priority', ofKey: true }, at)
      },
    })
    this.arrivals = new Arrivals<E>(this.passes, this.queue, this.lanes, this.keyBound, drop)
    this.short = new ShortLimits<E>(this.passes, inner, this.queue, this.lanes)
    this.arrivals.adopt([...inner], [], now)
  }

  get length(): number {
    return this.queue.length + this.lanes.length
  }

  get ready(): number {
    return this.queue.ready
  }

  get max(): number {
    return this.queue.max
  }

  *[Symbol.iterator](): Iterator<E> {
    yield* [...allOf(this.parts())].sort(byArrival)
  }

  *parts(): Iterable<Part<E>> {
    yield* this.queue.parts()
    yield* this.lanes.parts()
  }

  /** O(keys). */
  oldest(): Nanos | null {
    return leastOf([this.queue.oldest(), this.lanes.oldest()])
  }

  ahead(priority: number): number {
    return this.queue.ahead(priority)
  }

  /** What holds requests now. */
  figures(now: Nanos): LimitFigures {
    return figuresOf(this.rules, { now, ready: this.ready, opensAt: this.queue.opensAt(now) })
  }

  /** When new requests may begin; undefined if no rate of all and no back-off of all bounds it. */
  openings(now: Nanos): Openings | undefined {
    const { rules, queue, passes } = this
    const parked = behindReady(rules, now)
    const inQueue = rules.leastCost === 1 ? queue.ready : sumOf(queue, (entry) => passes.costOf(entry))
    return openingsOf(rules.gate, inQueue + parked, now)
  }

  cancel(tag: unknown, now: Nanos): number {
    this.decision.begin()
    const parked = this.lanes.tagged(tag)
    for (const entry of parked) this.takeOut(entry, now)
    const found = this.queue.cancel(tag, now)
    for (const entry of found) this.lanes.left(entry, now)
    this.finish(now)
    return found.length + parked.length
  }

  remove(entry: Waiting, now: Nanos): boolean {
    this.decision.begin()
    const here = this.takeOut(entry as E, now)
    this.finish(now)
    return here
  }

  drain(): E[] {
    this.decision.begin()
    const entries = [...this]
    this.keyBound.reset()
    this.queue.drain()
    this.lanes.drain()
    for (const pass of this.passes.countAnew(entries)) if (pass !== undefined) this.passes.letGo(pass)
    this.passes.trim()
    return entries
  }

  /** Ends a decision: says when something is due. */
  protected finish(now: Nanos): void {
    const at = Math.min(this.queue.finish(now), this.lanes.wakeAt)
    this.decision.wakeAt = at === Infinity ? null : at
  }

  /** Takes one that waits out, within a decision; false if it does not wait here. */
  protected takeOut(entry: E, now: Nanos): boolean {
    if (this.lanes.remove(entry, now)) {
      this.queue.release(entry, now)
      return true
    }
    const here = this.queue.remove(entry, now)
    if (here) this.lanes.left(entry, now)
    return here
  }

  #queueDropped(drops: readonly Drop<E>[], now: Nanos): void {
    this.decision.addAll(drops, this.lanes.length + this.queue.heldCount)
    for (const { entry } of drops) this.lanes.left(entry, now)
  }

  #laneDropped(drop: Drop<E>, now: Nanos): void {
    this.decision.add({ ...drop, waiting: this.length })
    this.queue.release(drop.entry, now)
  }
}

function sumOf<E>(all: Iterable<E>, of: (one: E) => number): number {
  let sum = 0
  for (const one of all) sum += of(one)
  return sum
}
