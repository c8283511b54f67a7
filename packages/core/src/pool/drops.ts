import { type Drop, type DropFacts, type DroppedError, factsOf } from '@genpool/broker'
import { type Nanos, NS_PER_MS, type Turn } from '@genpool/runtime'
import type { Failures } from '../requests/failures'
import type { DropCause } from '../requests/remedies'
import type { Request } from '../requests/request'
import type { Listeners } from './listeners'
import type { Port } from './port'
import type { Recorder } from './ports'
import type { ServiceTime } from './service-time'

/** What is needed of the pool to drop a request. */
export interface DropPorts {
  readonly turn: Turn
  readonly listeners: Listeners
  readonly recorder: Recorder
  readonly failures: Failures
  readonly serviceTime: ServiceTime
}

/** Settles the requests that the broker dropped or a gate refused, and counts them. */
export class Drops {
  constructor(
    private readonly pool: DropPorts,
    private readonly port: Pick<Port, 'opensAt' | 'length'>,
  ) {}

  settle(drop: Drop<Request>): void {
    const { failures } = this.pool
    const request = drop.entry
    const facts = waitedItself(request, factsOf({ ...drop, retryAfter: this.#retryAfter(drop) }))
    this.count(request, facts, drop)
    request.fail(
      drop.reason === 'expired' ? failures.expired(request) : failures.dropped(request, facts, { cause: drop }),
    )
  }

  /** A broker that the pool shares with others dropped a request, and said so with an error. */
  settleShared(request: Request, error: DroppedError, drop: DropCause = error): void {
    const facts = waitedItself(request, error)
    this.count(request, facts, drop)
    request.fail(this.pool.failures.dropped(request, facts, { cause: drop, target: error.target }))
  }

  /** The deadline of a request has passed in the queue, which it has just left. It fails next. */
  expired(request: Request): void {
    const sojourn = this.pool.turn.now() - request.cameAt
    this.count(request, factsOf({ entry: request, reason: 'expired', sojourn, waiting: this.port.length }))
  }

  /** When what waits will have been served, and not before limits let anything begin. Never for what they do not allow. */
  #retryAfter(drop: Drop<Request>): Nanos | undefined {
    if (drop.reason === 'rate') return undefined
    const { serviceTime, turn } = this.pool
    const now = turn.now()
    const served = drop.retryAfter ?? serviceTime.timeFor(drop.waiting, now)
    const opensIn = this.port.opensAt(drop.entry) - now
    return opensIn > 0 ? Math.max(served ?? 0, opensIn) : served
  }

  count(request: Request, facts: DropFacts, cause: DropCause = facts): void {
    this.pool.recorder.dropped(cause, this.pool.turn.now())
    for (const listener of this.pool.listeners.requestDropped) listener.requestDropped(request, facts)
  }
}

/** A queue counts from when the place of a request was taken, maybe by a cast that it has replaced. */
function waitedItself({ sentAt, cameAt }: Request, facts: DropFacts): DropFacts {
  if (sentAt === cameAt) return facts
  const { reason, waitedMs, queueLength, retryAfterMs } = facts
  return { reason, waitedMs: waitedMs - (cameAt - sentAt) / NS_PER_MS, queueLength, retryAfterMs }
}
