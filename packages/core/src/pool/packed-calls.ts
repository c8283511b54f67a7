import type { CallWatch, Maker, PackedCalls } from '@genpool/broker'
import { type Clock, Deadlines, type Nanos } from '@genpool/runtime'
import type { Handler } from '../behaviours/handler'
import { NS_PER_MS } from '../hot-imports'
import { Request } from '../requests/request'
import type { RequestOwner } from '../requests/request-owner'

type Entry = Request | PackedCalls<Request>

/** A pool that watches deadlines, also those of packed calls. */
export interface PackingPool extends RequestOwner<Request> {
  readonly deadlines: Deadlines<Entry>
  /** Its caller no longer waits. */
  giveUp(request: Request, why: 'expired'): void
}

/** Is told that the pool has work in this turn. */
interface Joining {
  join(): void
}

export function deadlinesOf(pool: PackingPool, clock: Clock, turnWork: Joining): Deadlines<Entry> {
  return new Deadlines(clock, (entry) =>
    entry instanceof Request ? pool.giveUp(entry, 'expired') : expire(entry, pool, turnWork),
  )
}

/** The time of the oldest call in a pack is over, or was when that call was still there. */
function expire(pack: PackedCalls<Request>, pool: PackingPool, turnWork: Joining): void {
  turnWork.join()
  const now = pool.clockNow()
  if (pack.deadline > now) return pool.deadlines.add(pack)
  for (const call of pack.unpack()) if (call.deadline <= now) pool.giveUp(call, 'expired')
}

/** Makes the request of a packed call, and watches its deadline from then on. Before, the deadline of its pack is watched. */
export function makerOfCalls(pool: PackingPool, timeout: number): Maker<Request> {
  const patience = timeout * NS_PER_MS
  const make = (message: unknown, handler: unknown, sentAt: Nanos, resolve: unknown): Request => {
    const call = new Request(pool, 'call', handler as Handler, message, resolve as (value: unknown) => void, sentAt)
    call.deadline = sentAt + patience
    return call
  }
  const calls: CallWatch<Request> = {
    patience,
    packed: (pack) => pool.deadlines.add(pack),
    unpacked: (pack) => pool.deadlines.remove(pack),
    built: (call) => pool.deadlines.add(call),
  }
  return Object.assign(make, { calls })
}
