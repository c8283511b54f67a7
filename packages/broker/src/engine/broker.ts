import { type Nanos, parseOptions } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { type Drop, NO_DROPS, type Queue } from '../queues/queue'
import { createQueue, reconfigureQueue } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { brokerOptions } from './broker-options'

/**
 * What a broker decided in the last call.
 *
 * The object is used again by the next call, and the lists are one shared empty list while nothing is dropped. Where
 * both sides drop in one call, those of the side that was waiting were dropped first.
 */
export interface BrokerDecision<A extends Waiting, R extends Waiting> {
  /** Requests (the ask side) that were given up. */
  readonly dropped: readonly Drop<A>[]
  /** Members (the askR side) that were given up. */
  readonly droppedR: readonly Drop<R>[]
  /** When the broker next wants `timeout`, or null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** What a broker asks its owner. */
export interface BrokerHooks<A extends Waiting, R extends Waiting> {
  /** Whether a party that waited can still be matched; one that cannot is passed over. Default: always. */
  isAlive?(entry: A | R): boolean
}

/**
 * Matches requests (`ask`) with members that want work (`askR`), and decides who is given up.
 *
 * Plain data like a queue: the owner hands in the time, delivers the matches, settles what `decision` lists as
 * dropped, and calls `timeout` at `wakeAt`. Only one side waits at a time. Whoever is given back or dropped is no longer
 * held; whoever is neither waits until it is matched, dropped, cancelled or removed.
 */
export interface Broker<A extends Waiting, R extends Waiting> {
  /** Drops and wake-up of the last call. Used again by the next call. */
  readonly decision: BrokerDecision<A, R>
  /** How many requests wait. */
  readonly length: number
  /** How many members wait. */
  readonly lengthR: number
  /** The requests that wait, oldest first. */
  readonly requests: Iterable<A>
  /** Offers a request: the member that serves it, or null if it waits or was dropped. */
  ask(entry: A, now: Nanos): R | null
  /** Offers a member: the request that it is to serve, or null if it waits or was dropped. */
  askR(entry: R, now: Nanos): A | null
  /** `ask` without waiting: drops the request if no member waits. */
  nbAsk(entry: A, now: Nanos): R | null
  /** `askR` without waiting: drops the member if no request waits. */
  nbAskR(entry: R, now: Nanos): A | null
  /** Takes out whatever waits under this tag, without a drop; returns how many. */
  cancel(tag: unknown, now: Nanos): number
  /** Takes out one party that gave up or died, without a drop; false if it does not wait here. O(1). */
  remove(entry: A | R, now: Nanos): boolean
  /** Lets time pass. */
  timeout(now: Nanos): void
  /** Tells that a member finished a request after running it for `runNs`. */
  finished(runNs: Nanos, now: Nanos): void
  /** Changes the options; what waits is kept, except beyond a new bound. @throws {OptionsError} nothing changes then */
  configure(options: unknown, now: Nanos): void
}

class MatchingBroker<A extends Waiting, R extends Waiting> implements Broker<A, R> {
  readonly decision: { dropped: readonly Drop<A>[]; droppedR: readonly Drop<R>[]; wakeAt: Nanos | null } = {
    dropped: NO_DROPS,
    droppedR: NO_DROPS,
    wakeAt: null,
  }
  #asks: Queue<A>
  #members: Queue<R>
  /** Which side waits (or may): the other side is empty. */
  #asking = false
  readonly #isAlive: ((entry: A | R) => boolean) | undefined

  constructor(options: unknown, now: Nanos, hooks: BrokerHooks<A, R>) {
    const checked = parseOptions(brokerOptions, options, 'options of a broker')
    this.#asks = createQueue<A>(checked.client, now)
    this.#members = createQueue<R>(checked.member, now)
    this.#isAlive = hooks.isAlive?.bind(hooks)
  }

  get length(): number {
    return this.#asks.length
  }

  get lengthR(): number {
    return this.#members.length
  }

  get requests(): Iterable<A> {
    return this.#asks
  }

  ask(entry: A, now: Nanos): R | null {
    const member = this.#asking ? null : this.#takeMember(now)
    if (member !== null) return member
    const droppedR = this.#asking ? NO_DROPS : this.decision.droppedR
    this.#asking = true
    this.#asks.enqueue(entry, now)
    return this.#decide(this.#asks.decision.dropped, droppedR, this.#asks.decision.wakeAt)
  }

  askR(entry: R, now: Nanos): A | null {
    const request = this.#asking ? this.#takeRequest(now) : null
    if (request !== null) return request
    const dropped = this.#asking ? this.decision.dropped : NO_DROPS
    this.#asking = false
    this.#members.enqueue(entry, now)
    return this.#decide(dropped, this.#members.decision.dropped, this.#members.decision.wakeAt)
  }

  nbAsk(entry: A, now: Nanos): R | null {
    const member = this.#asking ? null : this.#takeMember(now)
    if (member !== null) return member
    const droppedR = this.#asking ? NO_DROPS : this.decision.droppedR
    this.#asking = true
    const busy = refusal(entry, now, this.#asks.length)
    this.#asks.timeout(now)
    return this.#decide([busy, ...this.#asks.decision.dropped], droppedR, this.#asks.decision.wakeAt)
  }

  nbAskR(entry: R, now: Nanos): A | null {
    const request = this.#asking ? this.#takeRequest(now) : null
    if (request !== null) return request
    const dropped = this.#asking ? this.decision.dropped : NO_DROPS
    this.#asking = false
    const busy = refusal(entry, now, this.#members.length)
    this.#members.timeout(now)
    return this.#decide(dropped, [busy, ...this.#members.decision.dropped], this.#members.decision.wakeAt)
  }

  cancel(tag: unknown, now: Nanos): number {
    const count = this.#waiting.cancel(tag, now)
    this.#decideAsQueue()
    return count
  }

  remove(entry: A | R, now: Nanos): boolean {
    const here = this.#waiting.remove(entry, now)
    this.#decideAsQueue()
    return here
  }

  timeout(now: Nanos): void {
    this.#waiting.timeout(now)
    this.#decideAsQueue()
  }

  finished(_runNs: Nanos, _now: Nanos): void {}

  configure(options: unknown, now: Nanos): void {
    const checked = parseOptions(brokerOptions, options, 'options of a broker')
    this.#asks = reconfigureQueue(this.#asks, checked.client, now)
    this.#members = reconfigureQueue(this.#members, checked.member, now)
    this.#decideAsQueue()
  }

  get #waiting(): Queue<A> | Queue<R> {
    return this.#asking ? this.#asks : this.#members
  }

  #takeMember(now: Nanos): R | null {
    const member = this.#members.dequeue(now)
    const { dropped, wakeAt } = this.#members.decision
    this.#decide(NO_DROPS, dropped, wakeAt)
    return member === null || this.#isAlive === undefined ? member : this.#firstAlive(this.#members, member, now)
  }

  #takeRequest(now: Nanos): A | null {
    const request = this.#asks.dequeue(now)
    const { dropped, wakeAt } = this.#asks.decision
    this.#decide(dropped, NO_DROPS, wakeAt)
    return request === null || this.#isAlive === undefined ? request : this.#firstAlive(this.#asks, request, now)
  }

  /** Passes over the dead, beginning with `entry`; adds the drops on the way to the decision. */
  #firstAlive<E extends A | R>(queue: Queue<E>, entry: E, now: Nanos): E | null {
    let found: E | null = entry
    while (found !== null && this.#isAlive?.(found) === false) {
      found = queue.dequeue(now)
      if (this.#asking) this.decision.dropped = concat(this.decision.dropped, this.#asks.decision.dropped)
      else this.decision.droppedR = concat(this.decision.droppedR, this.#members.decision.dropped)
      this.decision.wakeAt = queue.decision.wakeAt
    }
    return found
  }

  #decideAsQueue(): void {
    if (this.#asking) this.#decide(this.#asks.decision.dropped, NO_DROPS, this.#asks.decision.wakeAt)
    else this.#decide(NO_DROPS, this.#members.decision.dropped, this.#members.decision.wakeAt)
  }

  #decide(dropped: readonly Drop<A>[], droppedR: readonly Drop<R>[], wakeAt: Nanos | null): null {
    this.decision.dropped = dropped
    this.decision.droppedR = droppedR
    this.decision.wakeAt = wakeAt
    return null
  }
}

function concat<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return after.length === 0 ? before : before.length === 0 ? after : [...before, ...after]
}

function refusal<E extends Waiting>(entry: E, now: Nanos, waiting: number): Drop<E> {
  const reason: DropReason = 'busy'
  return { entry, reason, sojourn: now - entry.sentAt, waiting }
}

/**
 * Makes a broker: two queues, of which one waits for the other side.
 *
 * @param options see `brokerOptions`; times in milliseconds
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sbroker, whose matching rules it keeps
 */
export function createBroker<A extends Waiting, R extends Waiting>(
  options: unknown,
  now: Nanos,
  hooks: BrokerHooks<A, R> = {},
): Broker<A, R> {
  return new MatchingBroker<A, R>(options, now, hooks)
}
