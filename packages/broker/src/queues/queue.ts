import { type Nanos, NS_PER_MS, wrongArgument } from '@genpool/runtime'
import { type DropFacts, type DropReason } from '../errors'
import { type Waiting } from './waiting'

/** One dropped request, and why it was dropped. */
export interface Drop<out E extends Waiting> {
  readonly entry: E
  readonly reason: DropReason
  /** How long it had waited: now - `sentAt`. */
  readonly sojourn: Nanos
  /** How many were still waiting. */
  readonly waiting: number
  /** How long from now a retry is likely to help; undefined if not known. */
  readonly retryAfter?: Nanos | undefined
  /** Whether as many of its key waited as `limits.max` allows; otherwise, the queue was full. */
  readonly ofKey?: boolean | undefined
  /** With the reason `rate`: why limits that have changed refuse it. */
  readonly cause?: unknown
}

/** Converts a drop to the facts of a `DroppedError`, in milliseconds. */
export function factsOf(drop: Drop<Waiting>): DropFacts {
  try {
    return {
      reason: drop.reason,
      waitedMs: drop.sojourn / NS_PER_MS,
      queueLength: drop.waiting,
      retryAfterMs: drop.retryAfter === undefined ? undefined : drop.retryAfter / NS_PER_MS,
    }
  } catch {
    throw wrongArgument({ of: 'factsOf', argument: 'drop', expected: 'a drop of a decision' }, drop)
  }
}

/**
 * What a queue decided in the last call. The caller acts on it; the queue never does.
 *
 * The next call reuses the object, and `dropped` is one shared empty list while nothing is dropped: copy what you keep. A
 * list with drops never changes.
 */
export interface Decision<out E extends Waiting> {
  readonly dropped: readonly Drop<E>[]
  /** When to call `timeout` next; null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** The shared empty list of drops. */
export const NO_DROPS: readonly never[] = Object.freeze([])

/**
 * Waiting requests, and the rule by which they are dropped.
 *
 * A queue is plain data: it reads no clock, starts no timer and sends nothing. Every time is an argument, in integer
 * nanoseconds, and never decreases between calls. After each call `decision` lists the drops and the time of the next
 * `timeout`.
 *
 * Users may write their own; `queueContract` of `@genpool/broker/testing` checks it.
 */
export interface Queue<E extends Waiting> extends Iterable<E> {
  /** How many wait. */
  readonly length: number
  /** The greatest `length`; `Infinity` for no bound. */
  readonly max: number
  /** Drops and wake-up of the last call. The next call reuses the object. */
  readonly decision: Decision<E>
  /** When the request at the front was sent, or null if none waits. */
  oldest(): Nanos | null
  /** Adds a request, or drops it at once. @throws {InvalidError} if it is already queued; nothing changes then */
  enqueue(entry: E, now: Nanos): void
  /** Takes the next request to serve; null if the queue is empty or all its requests had to be dropped. */
  dequeue(now: Nanos): E | null
  /** Reports that time has passed. */
  timeout(now: Nanos): void
  /** Removes all requests with this tag, without a drop; returns how many. Undefined matches nothing. */
  cancel(tag: unknown, now: Nanos): number
  /** Removes one request, without a drop; false if it was not queued here. O(1). */
  remove(entry: Waiting, now: Nanos): boolean
  /**
   * Changes the options in place; options left out go back to their defaults. Requests stay, except those beyond a new bound,
   * which are dropped.
   *
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  configure(options: unknown, now: Nanos): void
  /** Removes and returns all requests, oldest first, for a queue that replaces this one. */
  drain(): E[]
}

/** Makes a user's own queue. `items` are already waiting, oldest first; the queue must take them over or drop them. */
export type QueueFactory<E extends Waiting = Waiting> = (now: Nanos, items: readonly E[]) => Queue<E>
