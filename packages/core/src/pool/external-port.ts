import {
  brokerOf,
  type BrokerRef,
  type Drop,
  DroppedError,
  type HoldingLimit,
  type LimitFigures,
  type Openings,
} from '@genpool/broker'
import { type GenPoolError, isGenPoolError, type Nanos, OptionsError, type Turn } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { Member } from '../members/member'
import type { Failures } from '../requests/failures'
import { leaveTurn } from '../requests/latest-cast'
import { Request } from '../requests/request'
import type { Holds } from './holds'
import { type OfferHost, Offers, type Served, type SharedBroker } from './offers'
import type { Port } from './port'

/** What a shared broker needs of one of its pools. */
export interface SharedBrokerPorts {
  readonly name: string
  readonly turn: Turn
  readonly failures: Failures
  readonly holds: Holds
  readonly pool: {
    readonly drops: {
      settleShared(request: Request, error: DroppedError, drop: Drop<never> | undefined): void
      expired(request: Request): void
    }
  }
  /** The broker was stopped, so the pool stops, too. */
  readonly lifecycle: { stopWith(error: unknown, why: string): void }
}

/**
 * Meets a broker that is an actor of its own. It may serve other pools: requests and members of all of them are matched.
 *
 * A member serves what it is given with the behaviour and the state of its own pool; the outcome counts for the pool that the
 * request came to.
 */
export class ExternalPort implements Port, OfferHost {
  readonly isShared = true
  /** The broker keeps an entry of its own for each request, so nothing is saved. */
  readonly packs = false
  /** Members of other pools count, too. */
  readonly #broker: SharedBroker
  readonly #offers: Offers
  /** What the members of this pool have. */
  readonly #served = new Map<Request, Served>()

  constructor(
    private readonly kernel: SharedBrokerPorts,
    ref: BrokerRef<never, never>,
  ) {
    this.#broker = brokerOf(ref)
    this.#offers = new Offers(this.#broker, this)
  }

  get isRated(): boolean {
    return this.#broker.isRated
  }

  get length(): number {
    return this.#requests.length
  }

  sample(): Iterable<Request> {
    return this.#requests
  }

  get waiting(): readonly Request[] {
    return this.#requests.sort((a, b) => a.sentAt - b.sentAt)
  }

  /** Those that came back stand behind younger ones. */
  get #requests(): Request[] {
    return this.#offers.entries.filter((entry) => entry instanceof Request)
  }

  get idle(): number {
    return this.#offers.count - this.length
  }

  relativeTime(now: Nanos): Nanos {
    return this.#requests.reduce((longest, { sentAt }) => Math.max(longest, now - sentAt), 0)
  }

  oldestWait(now: Nanos): Nanos {
    return this.relativeTime(now)
  }

  opensAt(request: Request): Nanos {
    return this.#broker.engine.opensAt(request, this.kernel.turn.now())
  }

  holderOf(request: Request): HoldingLimit | undefined {
    return this.#broker.engine.holderOf(request, this.kernel.turn.now())
  }

  /** Those of the broker, over all pools that share it. */
  limits(now: Nanos): LimitFigures {
    return this.#broker.engine.limits(now)
  }

  openings(now: Nanos): Openings | undefined {
    return this.#broker.engine.openings(now)
  }

  backOff(): never {
    const message = 'it shares a broker, whose queue serves other pools, too. Give the pool a broker of its own'
    throw new OptionsError(`Pool "${this.kernel.name}" cannot back off: ${message}.`, [{ path: ['broker'], message }])
  }

  ask(request: Request): null {
    this.#offers.offer(request)
    return null
  }

  pack(): boolean {
    return false
  }

  get takenPack(): null {
    return null
  }

  takeInto(): boolean {
    return false
  }

  takePacked(): null {
    return null
  }

  get idleMembers(): null {
    return null
  }

  askR(member: Member): null {
    this.#offers.offer(member)
    return null
  }

  /** None: what else waits there may be for members of other pools. */
  takeBatch(): readonly Request[] {
    return []
  }

  release(request: Request): void {
    this.#endTurn(request)
    leaveTurn(request)
  }

  #endTurn(request: Request): void {
    const served = this.#served.get(request)
    this.#served.delete(request)
    served?.done(request.isCalled)
  }

  /** It waits in the pool that it came to, which may not be this one, whose member had it: only there its caller finds it. */
  putBack(request: Request, ran: boolean): null {
    const served = this.#served.get(request)
    this.#served.delete(request)
    const offers = served?.offers ?? this.#offers
    request.owner.takeBack(request, {
      wait: () => offers.putBack(request, served, ran),
      end: () => served?.done(ran),
    })
    return null
  }

  waits(request: Request): boolean {
    return this.#offers.has(request)
  }

  move(request: Request, priority: number): void {
    this.#offers.move(request, priority)
  }

  moveDeadline(request: Request, deadline: Nanos): void {
    request.deadline = deadline
    this.#offers.moveDeadline(request)
  }

  check(request: Request): void {
    this.#offers.check(request)
  }

  remove(entry: Request | Member): boolean {
    return this.#offers.remove(entry)
  }

  drain(): readonly Request[] {
    const requests = this.waiting
    for (const request of requests) this.remove(request)
    return requests
  }

  /** The broker measures by itself, from the match to `release`. */
  finished(): void {
    // Nothing to tell.
  }

  configure(): void {
    throw new OptionsError('A broker that is shared is configured by changeConfig(broker, ...); nothing was changed.')
  }

  rest(): void {
    // The broker has the timers.
  }

  close(): void {
    for (const entry of this.#offers.entries) this.remove(entry)
  }

  // --- what becomes of offers ---

  get turn(): Turn {
    return this.kernel.turn
  }

  get holds(): Holds {
    return this.kernel.holds
  }

  served(member: Member, request: Request, served: Served): void {
    const { behaviour, facts } = member.crew
    const handler = request.expectsAnswer
      ? behaviour.call(request.message)
      : (behaviour.cast(request.message) ?? behaviour.call(request.message))
    this.#served.set(request, served)
    if (handler === undefined) {
      const message = `it was matched with a member of pool "${facts.name}", which has no handler for it`
      request.fail(new InvalidError(`message to pool "${request.pool}"`, [{ path: ['type'], message }]))
      this.release(request)
      return member.seatDropped()
    }
    request.handler = handler
    member.assign(request)
  }

  /** A user's code offered the broker something that is no request of a pool. */
  unserved(member: Member, done: () => void): void {
    done()
    member.seatDropped()
  }

  /** A user's code offered the broker something that is no member of a pool. */
  foreign(request: Request, done: () => void): void {
    const message =
      'it was matched with something that is no member of a pool, or of a pool of another copy of @genpool/core'
    request.fail(new InvalidError(`message to pool "${request.pool}"`, [{ path: [], message }]))
    done()
  }

  memberFailed(member: Member, error: GenPoolError): void {
    if (isGenPoolError(error, 'ERR_GENPOOL_STOPPED')) this.kernel.lifecycle.stopWith(error, 'its broker has stopped')
    else member.seatDropped()
  }

  requestFailed(request: Request, error: GenPoolError, drop: Drop<never> | undefined): void {
    const { failures, pool } = this.kernel
    if (error.code === 'ERR_GENPOOL_EXPIRED') {
      pool.drops.expired(request)
      request.fail(failures.expired(request))
    } else if (error.code === 'ERR_GENPOOL_STOPPED') request.fail(failures.stopped(request, error))
    else if (error instanceof DroppedError) pool.drops.settleShared(request, error, drop)
    else request.fail(failures.ofWaiting(request, () => failures.refused(request, error)))
  }
}
