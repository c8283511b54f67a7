import type { BrokerOptions, Maker } from '@genpool/broker'
import { type Nanos } from '@genpool/runtime'
import type { Member } from './member'
import type { Seat } from './seat'
import type { Request } from './request'

/** How one pool meets its broker: its own, or one that it shares. */
export interface Port {
  /** How many requests of this pool wait. */
  readonly length: number
  /** The requests of this pool that wait, oldest first; to look at, since some may be made for the look. */
  readonly waiting: readonly Request[]
  /** How long the oldest request of this pool has waited; 0 if none waits. */
  oldest(now: Nanos): Nanos
  /** Offers a request: a member to assign it to, or null if it waits, was dropped, or has been assigned already. */
  ask(request: Request): Member | null
  /** Takes in a message that is made a request when its turn comes; false, and nothing done, if it has to be made now. */
  pack(make: Maker<Request>, message: unknown, about: unknown): boolean
  /** Offers an idle member: a request for it, or null if it waits or has been assigned one already. */
  askR(seat: Seat): Request | null
  /** Up to `request.route.batch - 1` more requests for the same handler. */
  takeBatch(member: Member, request: Request): readonly Request[]
  /** A request that was matched is done, or came to nothing: the next of its key may follow. */
  release(request: Request): void
  /** Takes a request or a member out; false if it does not wait. */
  remove(entry: Request | Seat): boolean
  /** Takes out all requests of this pool, and hands them over. */
  drain(): readonly Request[]
  /** A member ran a request for so long. */
  finished(runNs: Nanos, now: Nanos): void
  configure(options: BrokerOptions): void
  /** At the end of a turn: lets go of what need not be held. */
  rest(): void
  close(): void
}
