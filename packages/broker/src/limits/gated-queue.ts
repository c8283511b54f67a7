import { type Nanos } from '@genpool/runtime'
import { leastOf } from '../queues/arrival'
import { type LayeredQueue } from '../queues/layered-queue'
import { type Part } from '../queues/part'
import { type Drop } from '../queues/queue'
import { type CheckedQueueOptions } from '../queues/queue-options'
import { type HoldingList, type Waiting } from '../queues/waiting'
import { type Gate, isHold } from './hold'
import { type HoldingLimit } from './hold-watch'
import { dropsOldest, isFair } from './limit-client'
import { type Passes } from './passes'

/** The list of a request that the gate holds in front of the queue. */
const IN_FRONT: HoldingList = Object.freeze({ length: 1, holder: null })

/** What the queue asks of the limits around it. */
export interface GateOwner<E extends Waiting> {
  /** How many requests are parked elsewhere; they count towards `max`. */
  parked(): number
  /** The queue has dropped these. */
  dropped(drops: readonly Drop<E>[], now: Nanos): void
}

/**
 * The queue that members are served from, behind a gate: the rate of all requests together.
 *
 * If the next request costs more than the gate lets through now, it is held in front of the queue, and nothing else is served
 * before it, except what is let pass. What the queue drops is reported at once.
 */
export class GatedQueue<E extends Waiting> implements Iterable<E> {
  /** The request that the gate holds. It is queued, so its `list` is not null: its owner must find it to remove it. */
  held: E | null = null
  /** Whether keys take turns in the queue. */
  private isFair: boolean
  /** Whether the oldest makes room for a new one if all is full. */
  dropsOldest: boolean

  constructor(
    private readonly inner: LayeredQueue<E>,
    private readonly passes: Passes<E>,
    client: CheckedQueueOptions,
    private readonly owner: GateOwner<E>,
  ) {
    this.isFair = isFair(client)
    this.dropsOldest = dropsOldest(client)
    inner.returned = (entry) => passes.get(entry)?.enter(entry.priority)
  }

  /** How many the gate has sent back: one at most. */
  get heldCount(): number {
    return this.held === null ? 0 : 1
  }

  get length(): number {
    return this.inner.length + this.heldCount
  }

  /** How many could be served if the gate were open. */
  get ready(): number {
    return this.inner.ready + this.heldCount
  }

  get max(): number {
    return this.inner.max
  }

  /** The lowest priority of those that could be served, without the one that is held; `Infinity` if there is none. */
  get lowestPriority(): number {
    return this.inner.lowestPriority ?? Infinity
  }

  /** Whether the gate holds a request in front of the queue. */
  get isHolding(): boolean {
    return this.held !== null
  }

  /** In no order. */
  *[Symbol.iterator](): Iterator<E> {
    if (this.held !== null) yield this.held
    yield* this.inner
  }

  /** The lists of what is here. */
  *parts(): Iterable<Part<E>> {
    if (this.held !== null) yield [this.held]
    yield* this.inner.parts()
  }

  /** When the oldest was sent; null if none is here. */
  oldest(): Nanos | null {
    return leastOf([this.held?.sentAt ?? null, this.inner.oldest()])
  }

  ahead(priority: number): number {
    return this.inner.ahead(priority) + this.heldCount
  }

  /** Whether another request with the same key is waiting or being served. */
  mustStepBack(entry: E): boolean {
    return this.inner.mustStepBack(entry)
  }

  /** Whether a request that waits here is held back by its key. */
  holdsBack(entry: E): boolean {
    return this.inner.holds(entry)
  }

  /** Whether the gate lets a request of this cost through now; without a cost, whether it may let any through. */
  lets(cost: number | null, now: Nanos): boolean {
    const { gate, leastCost } = this.passes.rules
    return gate === null || gate.fits(cost ?? leastCost, now)
  }

  /** Whether the gate lets the next request through. */
  isOpen(now: Nanos): boolean {
    return this.opensAt(now) <= now
  }

  /** When the gate lets the next request through; -Infinity if nothing waits for it. */
  opensAt(now: Nanos): Nanos {
    const { gate, leastCost } = this.passes.rules
    if (gate === null || this.ready === 0) return -Infinity
    return gate.opensAt(this.held === null ? leastCost : this.passes.of(this.held).cost, now)
  }

  /** See `LayeredQueue`. */
  check(entry: E): void {
    this.inner.check(entry)
  }

  /** See `LayeredQueue`. */
  admit(entry: E): void {
    this.inner.admit(entry)
  }

  start(entry: E): void {
    this.inner.start(entry)
  }

  enqueue(entry: E, now: Nanos): void {
    this.countOutside()
    this.inner.enqueue(entry, now)
    this.report(now)
  }

  /** Makes sure that `entry` may be added; otherwise drops it. */
  makePlace(entry: E, now: Nanos): boolean {
    this.countOutside()
    const here = this.inner.makePlace(entry, now)
    this.report(now)
    return here
  }

  /** Takes the next request out, whether or not the gate lets it through. */
  take(now: Nanos): E | null {
    let entry = this.letGo()
    if (entry === null) {
      entry = this.inner.dequeue(now)
      this.report(now)
    }
    if (entry !== null) this.passes.of(entry).leave()
    return entry
  }

  /** Holds the request that was just taken out until the gate lets it through. */
  hold(entry: E, now: Nanos): void {
    this.passes.of(entry).enter(entry.priority)
    this.held = entry
    entry.list = IN_FRONT
    const { rules, watch } = this.passes
    if (watch.isOn) watch.held(entry, limitOf(rules.gate, now), undefined, now)
  }

  /**
   * A request is about to stand in the queue: tells whether the gate lets it begin, after those that stand there.
   *
   * @param ahead how many those are
   */
  tellHold(entry: E, now: Nanos, ahead = this.ready): void {
    const { rules, watch } = this.passes
    const cost = rules.isPlain ? ahead + 1 : this.passes.costOf(entry)
    if (this.lets(cost, now)) watch.freed(entry, now)
    else if (watch.isOn) watch.held(entry, limitOf(rules.gate, now), undefined, now)
  }

  /** Another request may be served before the one that is held. In a fair queue only one more urgent is. */
  letPass(entry: E, now: Nanos): void {
    if (this.held !== null && (!this.isFair || entry.priority > this.held.priority)) this.putBack(now)
  }

  /** Puts the request that is held back into the queue. */
  putBack(now: Nanos): void {
    const entry = this.letGo()
    if (entry !== null) this.inner.readmit(entry, now)
  }

  /** Takes back one that a member had, and that may be served now. */
  readmit(entry: E, now: Nanos): void {
    this.enter(entry, now)
    this.inner.readmit(entry, now)
  }

  /** Takes one that was parked, and that may be served now. */
  rejoin(entry: E, now: Nanos): void {
    this.enter(entry, now)
    this.inner.rejoin(entry, now)
  }

  private enter(entry: E, now: Nanos): void {
    this.letPass(entry, now)
    const pass = this.passes.of(entry)
    pass.parkedIn = null
    this.tellHold(entry, now)
    pass.enter(entry.priority)
  }

  /** Ends the turn of a request with a key: the next one of its key may be served. */
  release(entry: E, now: Nanos): void {
    if (entry.key === undefined) return
    if (!this.isFair) this.putBack(now)
    this.inner.release(entry, now)
    this.report(now)
  }

  timeout(now: Nanos): void {
    this.inner.timeout(now)
    this.report(now)
  }

  /** Removes all with this tag; returns them. */
  cancel(tag: unknown, now: Nanos): readonly E[] {
    this.putBack(now)
    const found = this.inner.tagged(tag)
    this.inner.cancel(tag, now)
    this.report(now)
    return found
  }

  remove(entry: E, now: Nanos): boolean {
    if (this.held === entry) this.putBack(now)
    const here = this.inner.remove(entry, now)
    this.report(now)
    return here
  }

  /** Takes other options over, and all that was parked. */
  reconfigure(client: CheckedQueueOptions, parked: readonly E[], now: Nanos): void {
    this.putBack(now)
    this.inner.gather(parked, now)
    this.countOutside()
    this.inner.apply(client, now)
    this.report(now)
    this.isFair = isFair(client)
    this.dropsOldest = dropsOldest(client)
  }

  drain(): void {
    this.inner.drain()
    this.letGo()
  }

  /** Ends a call; returns when the queue or the gate wants to be woken, `Infinity` for never. */
  finish(now: Nanos): Nanos {
    this.countOutside()
    const at = this.inner.decision.wakeAt ?? Infinity
    const opensAt = this.opensAt(now)
    return opensAt > now ? Math.min(at, opensAt) : at
  }

  /** Holds nothing any more; returns what was held. */
  private letGo(): E | null {
    const entry = this.held
    if (entry === null) return null
    this.held = null
    entry.list = null
    return entry
  }

  private countOutside(): void {
    this.inner.outside = this.owner.parked() + this.heldCount
  }

  private report(now: Nanos): void {
    const { dropped } = this.inner.decision
    if (dropped.length > 0) this.owner.dropped(dropped, now)
  }
}

function limitOf(gate: Gate | null, now: Nanos): HoldingLimit {
  return isHold(gate) && now < gate.until ? 'backOff' : 'rate'
}
