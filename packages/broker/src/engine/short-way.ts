import { type Nanos } from '@genpool/runtime'
import { type Maker } from '../queues/pack'
import { PackedQueue } from '../queues/packed-queue'
import { type Waiting } from '../queues/waiting'
import { type ShortLimits } from '../limits/short-limits'
import { type Match, NO_DECISION } from './broker'
import { MatchingBroker } from './matching-broker'

/**
 * Fast path: while requests wait in a drop queue, a request without options goes in and out without a decision. Saves 5 % of
 * a short call, 10 % if 10 000 are sent at once. If there is anything to decide, the plain engine does it.
 */
export class ShortWayBroker<A extends Waiting, R extends Waiting> extends MatchingBroker<A, R> {
  /** The queue of requests if the fast path applies; otherwise null. Only declared: the plain engine's constructor sets it. */
  declare private short: PackedQueue<A> | null
  /** The limits over such a queue; null without limits, or if the fast path does not apply. */
  declare private shortLimits: ShortLimits<A> | null

  override ask(entry: A, now: Nanos): R | null {
    if (this.short !== null) return this.#askShortly(this.short, entry, now) ? null : super.ask(entry, now)
    return this.shortLimits !== null && this.#askLimited(this.shortLimits, entry, now) ? null : super.ask(entry, now)
  }

  override askR(entry: R, now: Nanos): A | null {
    if (this.short !== null) return this.#askRShortly(this.short, entry, now) ?? super.askR(entry, now)
    return (
      (this.shortLimits === null ? null : this.#askRLimited(this.shortLimits, entry, now)) ?? super.askR(entry, now)
    )
  }

  override release(entry: A, now: Nanos, ran = true): Match<A, R> | null {
    if (this.shortLimits === null || !ran || entry.key !== undefined || now < this.now) {
      return super.release(entry, now, ran)
    }
    if (!this.shortLimits.tryRelease(entry)) return super.release(entry, now, ran)
    this.#nothingDecided(now)
    return null
  }

  override pack(make: Maker<A>, message: unknown, about: unknown, now: Nanos): boolean {
    if (this.short === null || !this.asking || now < this.now) return false
    if (!this.short.tryPack(make, message, about, now)) return false
    this.#nothingDecided(now)
    return true
  }

  protected override asksChanged(): void {
    const isOurs = typeof this.options.client !== 'function'
    const decidesNothing = this.admission === null && this.isAlive === undefined
    this.short = isOurs && decidesNothing && this.asks instanceof PackedQueue ? this.asks : null
    this.shortLimits = isOurs && decidesNothing && this.limited !== null ? this.limited.short : null
  }

  /** Enqueues `entry` when no rule applies; otherwise returns false and changes nothing. */
  #askShortly(queue: PackedQueue<A>, entry: A, now: Nanos): boolean {
    if (!this.asking || entry.key !== undefined || entry.priority !== 0) return false
    if (now < this.now || entry.deadline <= now || !queue.tryEnqueue(entry)) return false
    this.#nothingDecided(now)
    return true
  }

  /** Returns the next request when no rule applies; otherwise returns null and changes nothing. */
  #askRShortly(queue: PackedQueue<A>, entry: R, now: Nanos): A | null {
    if (!this.asking || entry.list !== null || now < this.now) return null
    const request = queue.tryDequeue(now, this.options.budget ? this.budget.plenty : 0)
    if (request === null) return null
    this.#nothingDecided(now)
    return request
  }

  /** The same with limits. */
  #askLimited(queue: ShortLimits<A>, entry: A, now: Nanos): boolean {
    if (!this.asking || entry.key !== undefined || entry.priority !== 0 || entry.list !== null) return false
    if (now < this.now || entry.deadline <= now || !queue.tryEnqueue(entry, now)) return false
    this.#nothingDecided(now)
    return true
  }

  #askRLimited(queue: ShortLimits<A>, entry: R, now: Nanos): A | null {
    if (!this.asking || entry.list !== null || now < this.now) return null
    const request = queue.tryDequeue(now, this.options.budget ? this.budget.plenty : 0)
    if (request === null) return null
    this.#nothingDecided(now)
    return request
  }

  #nothingDecided(now: Nanos): void {
    this.now = now
    if (this.decision !== NO_DECISION) this.decision = NO_DECISION
  }
}
