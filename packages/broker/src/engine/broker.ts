import { type Nanos, type Change } from '@genpool/runtime'
import { type Maker, type PackedRequest } from '../queues/pack'
import { type Drop, NO_DROPS } from '../queues/queue'
import { type Waiting } from '../queues/waiting'
import { type BackOffScope } from '../limits/back-off'
import { type HoldingLimit, type HoldWatch } from '../limits/hold-watch'
import { type LimitFigures } from '../limits/limit-figures'
import { type Openings } from '../limits/openings'
import { type EngineOptions } from './broker-options'

/**
 * What a broker decided in the last call.
 *
 * It is valid until the next call. While nothing is dropped, both lists are one shared empty list. If both sides drop in one
 * call, the side that was waiting dropped first.
 */
export interface BrokerDecision<A extends Waiting, R extends Waiting> {
  /** Dropped requests (the ask side). */
  readonly dropped: readonly Drop<A>[]
  /** Dropped members (the askR side). */
  readonly droppedR: readonly Drop<R>[]
  /** When to call `timeout` next; null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** The empty decision: nothing was dropped and no wake-up is needed. An owner that finds it has nothing to do; most calls leave it. */
export const NO_DECISION: BrokerDecision<never, never> = Object.freeze({
  dropped: NO_DROPS,
  droppedR: NO_DROPS,
  wakeAt: null,
})

/** What a broker needs from its owner. */
export interface BrokerHooks<A extends Waiting, R extends Waiting> {
  /** Whether a waiting party can still be matched; otherwise it is skipped. Default: always. */
  isAlive?(entry: A | R): boolean
  /** A random number in [0, 1). Default: `Math.random`. */
  random?(): number
  /** Is told which requests a rate or a limit holds back. Default: nobody. */
  readonly holds?: HoldWatch<A>
  /**
   * Whether a matched request may come back later without having run, as one that was sent to a thread. A rate takes back what it has
   * counted for it then; that costs a record for each request. Default: false, at once or never.
   */
  readonly comesBack?: boolean
}

/** A request and the member that will serve it. */
export interface Match<A extends Waiting, R extends Waiting> {
  readonly ask: A
  readonly askR: R
}

/**
 * Matches requests (`ask`) with members that want work (`askR`), and decides which are dropped.
 *
 * Plain data like a queue: the owner passes the time, delivers the matches, settles what `decision` lists as dropped, and
 * calls `timeout` at `wakeAt`. Only one side waits at a time, except that requests may be held back by their key while
 * members wait. The broker no longer holds an entry that it returned or dropped; every other entry waits until it is
 * matched, dropped, cancelled or removed.
 *
 * A request whose deadline has passed is dropped (`expired`) when its turn comes; an owner that wants it to leave earlier
 * removes it itself. A matched request with a `key` must be released, once, when it is done.
 *
 * With `rate` or `limits`, requests may wait while members do, too. Each matched request must then be released; and any call may
 * make further matches possible, as time does: the owner acts on its decision and then, if `mayMatch` says so, calls `match` until it returns null.
 */
export interface Broker<A extends Waiting, R extends Waiting> {
  /** Drops and wake-up of the last call. Read it again after each call: it may be another object. */
  readonly decision: BrokerDecision<A, R>
  /** How many requests wait, including those held back by their key. */
  readonly length: number
  /** How many members wait. */
  readonly lengthR: number
  /** The waiting requests, oldest first. For packed ones it makes copies: other objects will be served. */
  readonly requests: Iterable<A>
  /**
   * The same in no order, which takes less time; about `most` of them if more wait: of each key that takes turns, or is held back, and
   * of each priority, the oldest, in proportion to how many it has. O(most + keys).
   */
  sample(most: number): Iterable<A>
  /** The waiting members, oldest first. */
  readonly members: Iterable<R>
  /** How long the oldest request has waited; negative: how long the oldest member has; 0 if nothing waits. */
  relativeTime(now: Nanos): Nanos
  /** How long the oldest request has waited, also while members wait; 0 if none does. O(keys). */
  oldestWait(now: Nanos): Nanos
  /** Offers a request; returns the member that serves it, or null if it waits or was dropped. */
  ask(entry: A, now: Nanos): R | null
  /**
   * Takes out the member that `ask` returns for a request without options, if one waits and there is nothing to decide. Otherwise null,
   * and nothing changes.
   */
  takeIdle(now: Nanos): R | null
  /** Takes a member back that came from `takeIdle`: it waits as with `askR`. False, and nothing changes, if there is anything to decide. */
  giveIdle(entry: R, now: Nanos): boolean
  /** Whether so many wait that it pays to `pack` calls. */
  readonly packs: boolean
  /**
   * Offers a request that is built when its turn comes: in a long queue it takes 8 bytes, or 16 with a caller, instead of about
   * 200. It has no tag, key or priority, cannot be removed, and no member waits for it.
   *
   * @param make builds it from the message, `about`, the send time, which is now, and `caller`. Requests with the same function
   *   and the same `about` can share a pack
   * @returns false if it cannot be packed; nothing changes then, and the owner must build it and use `ask`
   */
  pack(make: Maker<A>, message: unknown, about: unknown, now: Nanos, caller?: unknown): boolean
  /**
   * `take`, if the next request is packed, has no caller, and there is nothing to decide. Otherwise null, and nothing changes.
   */
  takePacked(now: Nanos): A | null
  /** What `takePacked` takes from, for `takeInto`; null if it takes nothing. */
  readonly takenPack: unknown
  /**
   * `takePacked` without a new request: one that was taken from `pack` and is done becomes the next one. False, and nothing changes, if it
   * cannot.
   */
  takeInto(into: PackedRequest, pack: unknown, now: Nanos): boolean
  /** Offers a member; returns the request for it to serve, or null if it waits or was dropped. */
  askR(entry: R, now: Nanos): A | null
  /** `ask` without waiting: drops the request if no member waits. */
  nbAsk(entry: A, now: Nanos): R | null
  /** `askR` without waiting: drops the member if no request waits. */
  nbAskR(entry: R, now: Nanos): A | null
  /** Takes one more request for a busy member; null if there is none. Nothing else changes then. */
  take(now: Nanos): A | null
  /** Removes everything queued with this tag, without a drop; returns how many. */
  cancel(tag: unknown, now: Nanos): number
  /** Removes one party that gave up or died, without a drop; false if it is not queued here. O(1). */
  remove(entry: A | R, now: Nanos): boolean
  /** Removes all requests, without a drop; oldest first. */
  drain(now: Nanos): A[]
  /** Reports that time has passed. */
  timeout(now: Nanos): void
  /** Reports how long a member ran a request, with any outcome. The budget learns from it. */
  finished(runNs: Nanos, now: Nanos): void
  /**
   * Reports that a matched request is done: the next one with its key, or under its limit, may start.
   *
   * @param ran whether it was run. If not, rates do not count it
   * @returns the match that became possible, if a member waits; the owner delivers it
   */
  release(entry: A, now: Nanos, ran?: boolean): Match<A, R> | null
  /** Whether there is a rate, or are limits per key, or was a back-off. */
  readonly isLimited: boolean
  /** Whether there is a rate, of all or by key: it counts each match as a begin, so nothing is to be matched before it can begin. */
  readonly isRated: boolean
  /** Whether `match` may do something now. Cheap, and asked after each call. */
  mayMatch(now: Nanos): boolean
  /** Returns a match that limits allow now, for the owner to deliver; null if there is none. Without limits there never is. */
  match(now: Nanos): Match<A, R> | null
  /**
   * Begins nothing of one key, or nothing at all, before `until`: what is called has said "too many requests". What waits, waits
   * on; of several calls the latest time counts. The keys are those of `limits`, or else of `rate`; without one it holds all.
   *
   * From then on the broker is limited (`isLimited`), also without `rate` or `limits`.
   *
   * @returns the key that is held; undefined for all
   */
  backOff(scope: BackOffScope<A>, until: Nanos, now: Nanos): unknown
  /**
   * Before when nothing begins that has the keys of this entry: because of the rate, or of a back-off. -Infinity if nothing
   * says so. The limits of its keys count only while they back off.
   */
  opensAt(entry: Waiting, now: Nanos): Nanos
  /**
   * What holds back an entry with the keys of this one now; undefined if it would wait for a member only, or for the turn of its key.
   * For texts: it may be another one than that for which it was parked.
   */
  holderOf(entry: Waiting, now: Nanos): HoldingLimit | undefined
  /** What rates, limits and back-offs hold back now. O(keys). */
  limits(now: Nanos): LimitFigures
  /** When new requests may begin; undefined if no rate of all and no back-off of all bounds it. */
  openings(now: Nanos): Openings | undefined
  /**
   * Takes a request back that was matched, to be matched again: it is queued where its age puts it, and keeps the turn of its
   * key. Neither a full queue nor the admission refuses it. Call it instead of `release`.
   *
   * It has the key and the cost that were found when it was admitted, whatever became of its message. If limits have changed meanwhile,
   * so that it cannot be counted or may never begin, it is dropped (`rate`).
   *
   * @param ran whether it was run. If not, rates do not count it
   * @returns the member that serves it, or null if it waits
   */
  putBack(entry: A, now: Nanos, ran?: boolean): R | null
  /**
   * Gives a request that waits another priority: it stands where its age puts it. It has no key, and its deadline may have changed.
   *
   * @returns false if it does not wait here; nothing changes then
   */
  move(entry: A, priority: number, now: Nanos): boolean
  /** Finds out whether `ask` would refuse a request for its key or its cost. Nothing changes. @throws {InvalidError} if it would */
  check(entry: A): void
  /**
   * Changes the options; options left out go back to their defaults. Queued entries stay, except those beyond a new bound.
   *
   * @returns what changed, option by option
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  configure(options: EngineOptions, now: Nanos): readonly Change[]
}
