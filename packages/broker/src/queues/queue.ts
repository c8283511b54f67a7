import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type DropFacts, type DropReason } from '../errors'
import { type Waiting } from './waiting'

/** One request that was given up, and why. */
export interface Drop<out E extends Waiting> {
  readonly entry: E
  readonly reason: DropReason
  /** How long it had waited: now - `sentAt`. */
  readonly sojourn: Nanos
  /** How many went on waiting. */
  readonly waiting: number
  /** When trying again is likely to help, from now; undefined where that is not known. */
  readonly retryAfter?: Nanos | undefined
}

/** The facts of a drop in the units of the outside, for a `DroppedError`. */
export function factsOf(drop: Drop<Waiting>): DropFacts {
  return {
    reason: drop.reason,
    waitedMs: drop.sojourn / NS_PER_MS,
    queueLength: drop.waiting,
    retryAfterMs: drop.retryAfter === undefined ? undefined : drop.retryAfter / NS_PER_MS,
  }
}

/**
 * What a queue decided in the last call. The caller acts on it; the queue never does.
 *
 * One object per queue is used again by the next call, and `dropped` is one shared empty list while nothing is
 * dropped: copy what is to be kept. A list with drops in it is never changed afterwards.
 */
export interface Decision<out E extends Waiting> {
  readonly dropped: readonly Drop<E>[]
  /** When the queue next wants `timeout`, or null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** No drops: the same list every time. */
export const NO_DROPS: readonly never[] = Object.freeze([])

/**
 * Requests that wait, and the rule by which they are given up.
 *
 * A queue is plain data: it reads no clock, starts no timer and sends nothing. Every time is handed in, in integer
 * nanoseconds, and never decreases between calls. After each call `decision` says who was dropped and when the queue
 * wants to be called next.
 *
 * Users may bring their own; `queueContract` of `@genpool/broker/testing` checks it.
 */
export interface Queue<E extends Waiting> extends Iterable<E> {
  /** How many wait. */
  readonly length: number
  /** The greatest `length`; `Infinity` for none. */
  readonly max: number
  /** Drops and wake-up of the last call. Used again by the next call. */
  readonly decision: Decision<E>
  /** When the request at the front was sent, or null if none waits. */
  oldest(): Nanos | null
  /** Adds a request, or drops it at once. @throws {InvalidError} if it waits already; nothing changes then */
  enqueue(entry: E, now: Nanos): void
  /** Takes out the next one to be served, or null if there is none or all that was there had to be dropped. */
  dequeue(now: Nanos): E | null
  /** Lets time pass. */
  timeout(now: Nanos): void
  /** Takes out all requests with this tag, without a drop; returns how many. Undefined matches nothing. */
  cancel(tag: unknown, now: Nanos): number
  /** Takes one request out, without a drop; false if it was not here. O(1). */
  remove(entry: Waiting, now: Nanos): boolean
  /**
   * Changes the rule in place; options not named go back to their default. Requests are kept, except those beyond a
   * new bound, which are dropped.
   *
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  configure(options: unknown, now: Nanos): void
  /** Hands all requests over, oldest first, to a queue that takes this one's place. This one is empty afterwards. */
  drain(): E[]
}

/** Makes a queue of one's own. `items` wait already, oldest first, and must be taken over (or dropped). */
export type QueueFactory<E extends Waiting = Waiting> = (now: Nanos, items: readonly E[]) => Queue<E>
