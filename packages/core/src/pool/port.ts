import type { Broker, EngineOptions, HoldingLimit, LimitFigures, Maker, Openings } from '@genpool/broker'
import type { Nanos } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { CheckedBackOff } from '../requests/back-off'
import type { Request } from '../requests/request'

/** The idle members of a pool, as a `Broker` has them. */
export type IdleMembers = Pick<Broker<Request, Member>, 'takeIdle' | 'giveIdle'>

/** How one pool meets its broker: its own, or one that it shares. */
export interface Port {
  /** Whether members of other pools may take the requests of this one. */
  readonly isShared: boolean
  /** Whether a rate counts the begins: a member gets nothing ahead then. */
  readonly isRated: boolean
  /** How many requests of this pool wait. */
  readonly length: number
  /** The requests of this pool that wait, oldest first. Only to look at: some may be made for the look. */
  readonly waiting: readonly Request[]
  /** About `most` of them, in no order, if more wait: see `Broker.sample`. */
  sample(most: number): Iterable<Request>
  /** How many members wait for a request and have none. One that holds some, and has room for more, is not idle. */
  readonly idle: number
  /** How long the oldest request has waited; negative: how long the oldest member has; 0 if nothing waits. */
  relativeTime(now: Nanos): Nanos
  /** How long the oldest request has waited, also while members wait; 0 if none does. */
  oldestWait(now: Nanos): Nanos
  /** Before when a rate or a back-off lets nothing begin that is like this request; -Infinity if nothing says so. */
  opensAt(request: Request): Nanos
  /** Which rate, limit or back-off holds back what is like this request; undefined if none does. For texts. */
  holderOf(request: Request): HoldingLimit | undefined
  /** What rates, limits and back-offs hold back now. */
  limits(now: Nanos): LimitFigures
  /** When new requests may begin; undefined if no rate of all and no back-off of all bounds it. */
  openings(now: Nanos): Openings | undefined
  /**
   * Begins nothing of a key before `until`; null: of all, undefined: of the key of the request. Returns the key; undefined for all.
   * What runs again waits until then, whatever its key.
   *
   * @throws {OptionsError} if the broker is shared
   */
  backOff(request: Request, backOff: CheckedBackOff, until: Nanos): unknown
  /** Offers a request: a member to assign it to, or null if it waits, was dropped, or has been assigned already. */
  ask(request: Request): Member | null
  /** Where idle members wait, for whoever takes one and gives it back without a decision. Null if that cannot be. */
  readonly idleMembers: IdleMembers | null
  /** Whether so many wait that it pays to `pack` calls. */
  readonly packs: boolean
  /** Takes in a message that is made a request when its turn comes; false, and nothing done, if it has to be made now. */
  pack(make: Maker<Request>, message: unknown, about: unknown, caller: unknown): boolean
  /** The next request for a member that has just run one, if it is a packed cast and nothing is to decide; otherwise null. */
  takePacked(member: Member): Request | null
  /** What `takePacked` takes from, for `takeInto`; null if it takes nothing. */
  readonly takenPack: unknown
  /** `takePacked` without a new request: `cast`, which came from `pack` and is done, becomes the next one. False, and nothing done, if not. */
  takeInto(cast: Request, pack: unknown): boolean
  /** Offers an idle member: a request for it, or null if it waits or has been assigned one already. */
  askR(member: Member): Request | null
  /** Up to `limit` more requests for the same handler. */
  takeBatch(member: Member, request: Request, limit: number): readonly Request[]
  /** A request that was matched is done, or came to nothing: the next of its key, or under its limit, may start. */
  release(request: Request): void
  /** Takes a request back that was matched, to be matched again: as `ask`, but before all that were sent later. It keeps the turn of its key. @param ran whether it has run */
  putBack(request: Request, ran: boolean): Member | null
  /** Whether a request of this pool waits. */
  waits(request: Request): boolean
  /** Gives one that waits, and has no key, another priority: it stands where its age puts it. */
  move(request: Request, priority: number): void
  /** Gives a request another deadline. */
  moveDeadline(request: Request, deadline: Nanos): void
  /** Finds out whether `ask` would refuse a new request for its key or its cost. Nothing changes. @throws what it would be refused with */
  check(request: Request): void
  /** Takes a request or a member out; false if it does not wait. */
  remove(entry: Request | Member): boolean
  /** Takes out all requests of this pool, and hands them over. */
  drain(): readonly Request[]
  /** A member ran a request for `runNs`. */
  finished(runNs: Nanos, now: Nanos): void
  configure(options: EngineOptions): void
  /** At the end of a turn: lets go of what need not be held. */
  rest(): void
  close(): void
}
