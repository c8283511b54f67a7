import { type Nanos } from '@genpool/runtime'
import { type ShortLimits } from '../limits/short-limits'
import { type Maker, type PackedRequest } from '../queues/pack'
import { PackedQueue } from '../queues/packed-queue'
import { type Waiting } from '../queues/waiting'
import { type Match, NO_DECISION } from './broker'
import { MatchingBroker } from './matching-broker'

/**
 * Fast path: while requests and members wait in drop queues, a request without options goes in and out without a decision, also
 * under limits. Saves 5 % of a short call, 10 % if 10 000 are sent at once. If there is anything to decide, the plain engine
 * does it.
 *
 * Where requests wait in another queue, such as CoDel's, this goes for a request that finds a member, and a member that finds no request:
 * that queue is empty then, and is not asked. Saves 6 % of a short call.
 */
export class ShortWayBroker<A extends Waiting, R extends Waiting> extends MatchingBroker<A, R> {
  // Only declared: the plain engine's constructor sets them. At most one of the first two is there if the fast path applies.
  /** The queue of requests; null under limits. */
  declare private short: PackedQueue<A> | null
  /** Whether the queue of requests has nothing to say while members wait: it is empty, and nothing else decides. */
  declare private isSilent: boolean
  /** The limits over such a queue. */
  declare private shortLimits: ShortLimits<A> | null
  /** The queue of members. */
  declare private shortIdle: PackedQueue<R> | null

  override ask(entry: A, now: Nanos): R | null {
    const isPlain = entry.key === undefined && entry.priority === 0 && entry.list === null
    if (!isPlain || now < this.now || entry.deadline <= now) return super.ask(entry, now)
    if (this.asking) return this.enqueued(entry, now) ? this.withoutDecision(null, now) : super.ask(entry, now)
    if (this.mayBegin(entry, now)) return this.beginShortly(entry, now)
    const isParked = this.shortLimits !== null && this.shortLimits.tryPark(entry, now)
    return isParked ? this.withoutDecision(null, now) : super.ask(entry, now)
  }

  /** Begins a request, or is the first to wait if no member does. */
  private beginShortly(entry: A, now: Nanos): R | null {
    const member = this.shortIdle === null ? null : this.shortIdle.tryDequeue(now, 0)
    if (member !== null) {
      if (this.shortLimits !== null) this.shortLimits.begin(entry, now)
      return this.withoutDecision(member, now)
    }
    if (this.idle.length > 0 || !this.enqueued(entry, now)) return super.ask(entry, now)
    this.asking = true
    return this.withoutDecision(null, now)
  }

  override takeIdle(now: Nanos): R | null {
    if (!this.isSilent || this.shortIdle === null || this.asking || now < this.now) return null
    const member = this.shortIdle.shiftPlain()
    if (member === null) return null
    this.now = now
    if (this.decision !== NO_DECISION) this.decision = NO_DECISION
    return member
  }

  override giveIdle(entry: R, now: Nanos): boolean {
    const { shortIdle } = this
    if (!this.isSilent || shortIdle === null || this.asking || entry.list !== null || now < this.now) return false
    if (!shortIdle.pushPlain(entry)) return false
    this.now = now
    if (this.decision !== NO_DECISION) this.decision = NO_DECISION
    return true
  }

  override askR(entry: R, now: Nanos): A | null {
    if (entry.list !== null || now < this.now) return super.askR(entry, now)
    const request = this.asking || this.shortLimits !== null ? this.takeNext(now) : null
    if (request !== null) return this.withoutDecision(request, now)
    if (!this.isAtRest() || this.shortIdle?.tryEnqueue(entry) !== true) return super.askR(entry, now)
    this.asking = false
    return this.withoutDecision(null, now)
  }

  override release(entry: A, now: Nanos, ran = true): Match<A, R> | null {
    const limits = this.shortLimits
    if (limits === null || !ran || entry.key !== undefined || now < this.now) return super.release(entry, now, ran)
    const count = limits.tryRelease(entry, now)
    if (count < 0) return super.release(entry, now, ran)
    const mayMatch = count > 0 && !this.asking && this.idle.length > 0
    return mayMatch ? this.matchShortly(limits, now) : this.withoutDecision(null, now)
  }

  override get packs(): boolean {
    return this.asking && this.short !== null && this.short.isLong
  }

  override pack(make: Maker<A>, message: unknown, about: unknown, now: Nanos, caller?: unknown): boolean {
    if (this.short === null || !this.asking || now < this.now) return false
    if (!this.short.tryPack(make, message, about, now, caller)) return false
    this.withoutDecision(null, now)
    return true
  }

  override takePacked(now: Nanos): A | null {
    if (this.short === null || !this.asking || now < this.now) return null
    const request = this.short.takePacked()
    return request === null ? null : this.withoutDecision(request, now)
  }

  override get takenPack(): unknown {
    return this.short === null ? null : this.short.takenPack
  }

  override takeInto(into: PackedRequest, pack: unknown, now: Nanos): boolean {
    if (this.short === null || !this.asking || now < this.now || !this.short.takeInto(into, pack)) return false
    this.now = now
    if (this.decision !== NO_DECISION) this.decision = NO_DECISION
    return true
  }

  protected override asksChanged(): void {
    const isOurs = typeof this.options.client !== 'function'
    const isShort = isOurs && this.admission === null && this.isAlive === undefined
    this.short = isShort && this.asks instanceof PackedQueue ? this.asks : null
    this.isSilent = isShort && this.layers === null
    this.shortLimits = isShort && this.limited !== null ? this.limited.short : null
    this.shortIdle = typeof this.options.member !== 'function' && this.idle instanceof PackedQueue ? this.idle : null
  }

  private enqueued(entry: A, now: Nanos): boolean {
    if (this.short !== null) return this.short.tryEnqueue(entry)
    return this.shortLimits !== null && this.shortLimits.tryEnqueue(entry, now)
  }

  /** Whether a request begins if a member is idle. */
  private mayBegin(entry: A, now: Nanos): boolean {
    return this.isSilent || (this.shortLimits !== null && this.shortLimits.mayBegin(entry, now))
  }

  /** Takes the next request; null if there is none, or something to decide. */
  private takeNext(now: Nanos): A | null {
    const enough = this.options.budget ? this.budget.plenty : 0
    if (this.short !== null) return this.short.tryDequeue(now, enough)
    return this.shortLimits === null ? null : this.shortLimits.tryTake(now, enough)
  }

  /** Whether there is no request that could be served. */
  private isAtRest(): boolean {
    if (this.isSilent) return this.short === null ? !this.asking : this.short.length === 0
    return this.shortLimits !== null && this.shortLimits.isAtRest
  }

  /** Matches what a key has just let go with a member that waits. */
  private matchShortly(limits: ShortLimits<A>, now: Nanos): Match<A, R> | null {
    const ask = limits.next(now, this.options.budget ? this.budget.plenty : 0)
    const askR = ask === null || this.shortIdle === null ? null : this.shortIdle.tryDequeue(now, 0)
    if (ask === null || askR === null) return this.match(now)
    limits.take(ask, now)
    return this.withoutDecision({ ask, askR }, now)
  }

  /** Ends a call in which nothing was dropped. */
  private withoutDecision<T>(result: T, now: Nanos): T {
    this.now = now
    if (this.decision !== NO_DECISION) this.decision = NO_DECISION
    return result
  }
}
