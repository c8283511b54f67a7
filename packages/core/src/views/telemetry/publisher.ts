import type { DropFacts } from '@genpool/broker'
import { type Change, type GenPoolError, NS_PER_MS, type Nanos } from '@genpool/runtime'
import { StartTimeoutError } from '../../errors'
import type { MemberInfo } from '../../behaviours/context'
import type { Listener, Seat } from '../../pool/ports'
import type { Outcome } from '../../requests/outcome'
import { msBetween, type RequestFacts } from '../../requests/request-facts'
import {
  alarmCleared,
  alarmSet,
  breakerChanged,
  commitConflicted,
  initFailed,
  letterDead,
  memberCrashed,
  memberStarted,
  memberStopped,
  memberStuck,
  poolConfigured,
  poolDraining,
  poolReady,
  poolStarted,
  poolStopped,
  requestDropped,
  requestSettled,
  sizeChanged,
} from './channels'
import type { AlarmEvent, BreakerEvent, MemberEvent, PoolEvent, RequestEvent } from './events'

/** What the events of a pool say of it. */
export interface PublisherPorts {
  readonly identity: PoolEvent
  /** Where the pool is in its actor system. */
  readonly path: string
  /** The time of this turn. */
  turnNow(): Nanos
  /** The time now. */
  now(): Nanos
  /** What the pool has to do. */
  work(): { readonly waiting: number; readonly busy: number }
}

/** Publishes what happens in a pool as events. Builds an event only if its channel has subscribers. */
export class Publisher implements Listener {
  constructor(private readonly pool: PublisherPorts) {}

  // --- requests ---

  requestSettled(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    if (requestSettled.hasSubscribers) this.#publishSettled(request, outcome, error)
  }

  #publishSettled(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    const member = request.runner?.info.name ?? null
    const facts = { outcome, ...request.times(), attempts: request.attempt, member, error }
    requestSettled.publish({ ...this.#ofRequest(request), ...facts })
  }

  requestDropped(request: RequestFacts, facts: DropFacts): void {
    if (!requestDropped.hasSubscribers) return
    const { reason, waitedMs, queueLength, retryAfterMs } = facts
    requestDropped.publish({ ...this.#ofRequest(request), reason, waitedMs, queueLength, retryAfterMs })
  }

  letterDied(message: unknown, error: GenPoolError): void {
    if (letterDead.hasSubscribers) letterDead.publish({ ...this.pool.identity, message, error })
  }

  handlerReran(
    seat: Seat,
    { type }: RequestFacts,
    { number: attempt, exclusive }: { readonly number: number; readonly exclusive: boolean },
  ): void {
    if (!commitConflicted.hasSubscribers) return
    commitConflicted.publish({ ...this.#ofMember(seat.info), type, attempt, exclusive })
  }

  // --- members ---

  memberStarted(seat: Seat): void {
    if (!memberStarted.hasSubscribers) return
    memberStarted.publish({
      ...this.#ofMember(seat.info),
      tookMs: msBetween(seat.bornAt, this.pool.turnNow()),
    })
  }

  memberCrashed(seat: Seat, requests: readonly RequestFacts[], cause: unknown): void {
    if (!memberCrashed.hasSubscribers) return
    memberCrashed.publish({ ...this.#ofMember(seat.info), type: requests[0]?.type ?? '', cause })
  }

  memberAbandoned(seat: Seat): void {
    if (!memberStuck.hasSubscribers) return
    for (const { type, startedAt } of seat.inHand) {
      if (startedAt === null) continue
      const ranMs = msBetween(startedAt, this.pool.now())
      memberStuck.publish({ ...this.#ofMember(seat.info), type, ranMs })
    }
  }

  memberEnded(seat: Seat, reason: unknown): void {
    if (!memberStopped.hasSubscribers || !seat.hasBegun) return
    const ageMs = msBetween(seat.bornAt, this.pool.turnNow())
    memberStopped.publish({ ...this.#ofMember(seat.info), reason, handled: seat.handled, ageMs })
  }

  startFailed(
    info: MemberInfo,
    failure: { readonly error: unknown; readonly failures: number; readonly retryIn: Nanos | null },
  ): void {
    if (!initFailed.hasSubscribers) return
    const { error, failures, retryIn } = failure
    const timedOut = error instanceof StartTimeoutError
    const retryInMs = retryIn === null ? null : retryIn / NS_PER_MS
    initFailed.publish({ ...this.#ofMember(info), error, timedOut, failures, retryInMs })
  }

  // --- the pool ---

  sizeChanged(from: number, to: number): void {
    if (sizeChanged.hasSubscribers) sizeChanged.publish({ ...this.pool.identity, from, to })
  }

  poolStarted(): void {
    if (poolStarted.hasSubscribers) {
      poolStarted.publish({ ...this.pool.identity, path: this.pool.path })
    }
  }

  poolReady(afterNs: Nanos): void {
    if (poolReady.hasSubscribers) {
      poolReady.publish({ ...this.pool.identity, afterMs: afterNs / NS_PER_MS })
    }
  }

  poolDraining(): void {
    if (poolDraining.hasSubscribers) {
      poolDraining.publish({ ...this.pool.identity, ...this.pool.work() })
    }
  }

  poolStopped(cause: unknown): void {
    if (poolStopped.hasSubscribers) {
      poolStopped.publish({ ...this.pool.identity, cause, ...this.pool.work() })
    }
  }

  configured(changes: readonly Change[]): void {
    if (poolConfigured.hasSubscribers) poolConfigured.publish({ ...this.pool.identity, changes })
  }

  // --- what policies tell ---

  breakerChanged(change: Omit<BreakerEvent, keyof PoolEvent>): void {
    if (breakerChanged.hasSubscribers) breakerChanged.publish({ ...this.pool.identity, ...change })
  }

  alarmChanged(kind: 'set' | 'clear', facts: Omit<AlarmEvent, keyof PoolEvent>): void {
    const channel = kind === 'set' ? alarmSet : alarmCleared
    if (channel.hasSubscribers) channel.publish({ ...this.pool.identity, ...facts })
  }

  #ofMember({ name, slot, incarnation }: MemberInfo): MemberEvent {
    return { ...this.pool.identity, member: name, slot, incarnation }
  }

  #ofRequest({ type, kind, message, priority, key }: RequestFacts): RequestEvent {
    return { ...this.pool.identity, type, kind, message, priority, key }
  }
}
