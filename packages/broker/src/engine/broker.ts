import { type Nanos, type Change } from '@genpool/runtime'
import { type Maker } from '../queues/pack'
import { type Drop, NO_DROPS } from '../queues/queue'
import { type Waiting } from '../queues/waiting'
import { type BrokerOptions } from './broker-options'

/**
 * What a broker decided in the last call.
 *
 * It holds until the next call, and the lists are one shared empty list while nothing is dropped. Where both sides drop in one call, those of the side that was waiting were dropped first.
 */
export interface BrokerDecision<A extends Waiting, R extends Waiting> {
  /** Requests (the ask side) that were given up. */
  readonly dropped: readonly Drop<A>[]
  /** Members (the askR side) that were given up. */
  readonly droppedR: readonly Drop<R>[]
  /** When the broker next wants `timeout`, or null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** Nothing was decided besides the result. An owner that finds this object has nothing to do; most calls leave it. */
export const NO_DECISION: BrokerDecision<never, never> = Object.freeze({
  dropped: NO_DROPS,
  droppedR: NO_DROPS,
  wakeAt: null,
})

/** What a broker asks its owner. */
export interface BrokerHooks<A extends Waiting, R extends Waiting> {
  /** Whether a party that waited can still be matched; one that cannot is passed over. Default: always. */
  isAlive?(entry: A | R): boolean
  /** A number in [0, 1), for what is left to chance. Default: `Math.random`. */
  random?(): number
}

/** A request and the member that is to serve it. */
export interface Match<A extends Waiting, R extends Waiting> {
  readonly ask: A
  readonly askR: R
}

/**
 * Matches requests (`ask`) with members that want work (`askR`), and decides who is given up.
 *
 * Plain data like a queue: the owner hands in the time, delivers the matches, settles what `decision` lists as
 * dropped, and calls `timeout` at `wakeAt`. Only one side waits at a time, except that requests may be held back by their
 * key while members wait. Whoever is given back or dropped is no longer held; whoever is neither waits until it is matched,
 * dropped, cancelled or removed.
 *
 * A request whose deadline has passed is dropped (`expired`) instead of being matched; an owner that wants it to leave
 * earlier removes it at that moment. A request with a `key` that was matched must be released, once, when it is done.
 */
export interface Broker<A extends Waiting, R extends Waiting> {
  /** Drops and wake-up of the last call. To be read anew after each call: it may be another object. */
  readonly decision: BrokerDecision<A, R>
  /** How many requests wait, those held back by their key included. */
  readonly length: number
  /** How many members wait. */
  readonly lengthR: number
  /** The requests that wait, oldest first. Those of `pack` are made for the look: they are not those that will be served. */
  readonly requests: Iterable<A>
  /** The members that wait, oldest first. */
  readonly members: Iterable<R>
  /** How long the oldest request has waited; negative: how long the oldest member has; 0 if nobody waits. */
  relativeTime(now: Nanos): Nanos
  /** Offers a request: the member that serves it, or null if it waits or was dropped. */
  ask(entry: A, now: Nanos): R | null
  /**
   * Offers a request that is made when its turn comes: where very many wait, one more takes 8 bytes instead of some 200. It
   * has no deadline, tag, key or priority, nobody can take it out, and no member waits for it.
   *
   * @param make makes it of the message, of `about` and of the time at which it was sent, which is now. Requests with the
   *   same function and the same `about` can be packed together
   * @returns false, and nothing is done, if it has to be made and asked for instead
   */
  pack(make: Maker<A>, message: unknown, about: unknown, now: Nanos): boolean
  /** Offers a member: the request that it is to serve, or null if it waits or was dropped. */
  askR(entry: R, now: Nanos): A | null
  /** `ask` without waiting: drops the request if no member waits. */
  nbAsk(entry: A, now: Nanos): R | null
  /** `askR` without waiting: drops the member if no request waits. */
  nbAskR(entry: R, now: Nanos): A | null
  /** One more request for a member that is at work; null if none can be had. Nothing else changes then. */
  take(now: Nanos): A | null
  /** Takes out whatever waits under this tag, without a drop; returns how many. */
  cancel(tag: unknown, now: Nanos): number
  /** Takes out one party that gave up or died, without a drop; false if it does not wait here. O(1). */
  remove(entry: A | R, now: Nanos): boolean
  /** Takes out all requests, without a drop; oldest first. */
  drain(now: Nanos): A[]
  /** Lets time pass. */
  timeout(now: Nanos): void
  /** Tells how long a member ran a request, whatever came of it. The budget learns from it. */
  finished(runNs: Nanos, now: Nanos): void
  /**
   * A request that was matched is done: the next of its key may follow. Does nothing for one without a key.
   *
   * @returns a match that this made possible, if a member waits; the owner delivers it
   */
  release(entry: A, now: Nanos): Match<A, R> | null
  /**
   * Takes a request back that was matched, to be matched again: it is queued where its age puts it, and keeps the turn of its
   * key. Neither a full queue nor the admission refuses it. Call it instead of `release`.
   *
   * @returns the member that serves it, or null if it waits
   */
  putBack(entry: A, now: Nanos): R | null
  /**
   * Changes the options, those not named going back to their default. What waits is kept, except beyond a new bound.
   *
   * @returns what changed, option by option
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  configure(options: BrokerOptions, now: Nanos): readonly Change[]
}
