import type { BrokerMatch, brokerOf, Drop, HoldingLimit } from '@genpool/broker'
import { type GenPoolError, type Nanos, NS_PER_MS, type Turn } from '@genpool/runtime'
import { Member } from '../members/member'
import { Request } from '../requests/request'
import type { Holds } from './holds'

export type SharedBroker = ReturnType<typeof brokerOf>
type Party = ReturnType<SharedBroker['ask']>
type PartyListener = Parameters<SharedBroker['ask']>[3]

/** A request that a member has, as the broker knows it. */
export interface Served {
  readonly party: Party
  /** The offers of the pool that the request came to. */
  readonly offers: Offers
  /** When it was matched. */
  readonly at: Nanos
  /** Reports that it is done, or came to nothing. */
  done(ran: boolean): void
}

/** What becomes of offers. */
export interface OfferHost {
  readonly turn: Turn
  readonly holds: Holds
  /** A member has a request, maybe of another pool. */
  served(member: Member, request: Request, served: Served): void
  /** A member of this pool was matched with something that is no request of a pool. */
  unserved(member: Member, done: () => void): void
  /** A request of this pool was matched with something that is no member of a pool. */
  foreign(request: Request, done: () => void): void
  /** The broker does not let it wait any longer. */
  requestFailed(request: Request, error: GenPoolError, drop: Drop<never> | undefined): void
  memberFailed(member: Member, error: GenPoolError): void
}

/** What one pool has offered to a broker that is an actor: the requests and the members that wait there. */
export class Offers {
  /** In the order in which they were offered. */
  readonly #parties = new Map<Request | Member, Party>()

  constructor(
    private readonly broker: SharedBroker,
    readonly host: OfferHost,
  ) {}

  get count(): number {
    return this.#parties.size
  }

  get entries(): readonly (Request | Member)[] {
    return [...this.#parties.keys()]
  }

  offer(entry: Request | Member): void {
    const kind = entry instanceof Request ? 'ask' : 'askR'
    const party = this.broker.ask(kind, this.#factsOf(entry), this.#optionsOf(entry), this.#listenerOf(entry))
    if (!party.settled) this.#parties.set(entry, party)
  }

  /** A request waits again, where its age puts it. @param served how a member had it; undefined if none had */
  putBack(request: Request, served: Served | undefined, ran: boolean): void {
    const { deadline, priority, sentAt } = request
    const party = served?.party ?? this.#partyOf(request)
    if (served === undefined) party.sentAt = sentAt
    party.deadline = deadline
    party.priority = priority
    this.broker.putBack(party, served?.at ?? null, ran)
    // Only now: a key function that stops the pool would have it taken out before it is in.
    if (!party.settled) this.#parties.set(request, party)
  }

  has(request: Request): boolean {
    return this.#parties.has(request)
  }

  /** Gives a request that waits another priority. */
  move(request: Request, priority: number): void {
    const party = this.#parties.get(request)
    if (party === undefined) return
    request.priority = priority
    this.broker.move(party, priority)
  }

  /** The deadline of a request has changed. */
  moveDeadline(request: Request): void {
    const party = this.#parties.get(request)
    if (party !== undefined) this.broker.moveDeadline(party, request.deadline)
  }

  /** @throws {InvalidError} if the broker would refuse a request for its key or its cost */
  check(request: Request): void {
    this.broker.check(this.#partyOf(request))
  }

  remove(entry: Request | Member): boolean {
    const party = this.#parties.get(entry)
    if (party === undefined) return false
    this.#parties.delete(entry)
    this.broker.shell.withdraw(party, null)
    return true
  }

  /** One of them does not wait any more. */
  left(entry: Request | Member): void {
    this.#parties.delete(entry)
  }

  /** One that does not ask yet. */
  #partyOf(request: Request): Party {
    return this.broker.party(this.#factsOf(request), this.#optionsOf(request), this.#listenerOf(request))
  }

  /** A request may have waited before: at the place that it takes over. */
  #factsOf(value: Request | Member): { ref: undefined; value: unknown; age: Nanos } {
    return { ref: undefined, value, age: value instanceof Request ? value.cameAt - value.sentAt : 0 }
  }

  #optionsOf(entry: Request | Member): Parameters<SharedBroker['ask']>[2] {
    const unset = { signal: undefined, tag: undefined, as: undefined }
    if (!(entry instanceof Request)) return { ...unset, priority: 0, key: undefined, timeout: Infinity }
    const { priority, key, deadline } = entry
    return { ...unset, priority, key, timeout: Math.max(0, (deadline - this.host.turn.now()) / NS_PER_MS) }
  }

  #listenerOf(entry: Request | Member): PartyListener {
    return entry instanceof Request ? new RequestOffer(this, entry) : new MemberOffer(this, entry)
  }
}

/** A request that waits at a broker. */
class RequestOffer {
  constructor(
    readonly offers: Offers,
    private readonly request: Request,
  ) {}

  onGo({ value, done }: BrokerMatch): void {
    this.offers.left(this.request)
    if (!(value instanceof Member)) this.offers.host.foreign(this.request, () => done(false))
  }

  onHeld(limit: HoldingLimit, key: unknown, now: Nanos): void {
    const { holds } = this.offers.host
    if (holds.isOn) holds.held(this.request, limit, key, now)
  }

  onFreed(now: Nanos): void {
    this.offers.host.holds.freed(this.request, now)
  }

  onFailure(error: GenPoolError, drop?: Drop<never>): void {
    this.offers.left(this.request)
    this.offers.host.requestFailed(this.request, error, drop)
  }
}

/** A member that waits at a broker. */
class MemberOffer {
  constructor(
    private readonly offers: Offers,
    private readonly member: Member,
  ) {}

  onGo({ value, done }: BrokerMatch, ask?: Party): void {
    const { member } = this
    const { host } = this.offers
    this.offers.left(member)
    const listener: unknown = ask?.listener
    if (!(value instanceof Request) || !(listener instanceof RequestOffer))
      return host.unserved(member, () => done(false))
    host.served(member, value, { party: ask as Party, offers: listener.offers, at: host.turn.now(), done })
  }

  onFailure(error: GenPoolError): void {
    this.offers.left(this.member)
    this.offers.host.memberFailed(this.member, error)
  }
}
