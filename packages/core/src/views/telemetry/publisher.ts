import type { DropFacts, HoldingLimit } from '@genpool/broker'
import { type Change, type GenPoolError, keyName, NS_PER_MS, type Nanos } from '@genpool/runtime'
import { StartTimeoutError } from '../../errors'
import { isOf } from '../../behaviours/answerable'
import type { MemberInfo } from '../../behaviours/context'
import type { Listener, Seat } from '../../pool/ports'
import type { Outcome } from '../../requests/outcome'
import type { RequestFacts } from '../../requests/request-facts'
import { msBetween } from '../../requests/request-times'
import {
  alarmCleared,
  alarmSet,
  backedOff,
  breakerChanged,
  commitConflicted,
  type EventChannel,
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
  requestHeld,
  requestSettled,
  sizeChanged,
} from './channels'
import type { AlarmEvent, BreakerEvent, MemberEvent, PoolEvent, RequestEvent, SettledEvent } from './events'

/** What a publisher needs of its pool. */
export interface PublisherPorts {
  readonly identity: PoolEvent
  /** The path of the pool in its actor system. */
  readonly path: string
  /** The time of this turn. */
  turnNow(): Nanos
  /** The time now. */
  now(): Nanos
  /** How many requests wait, and how many run. */
  work(): { readonly waiting: number; readonly busy: number }
  /** Calls it after what runs now. */
  tell(callback: () => void): void
}

/**
 * Publishes what happens in a pool as events. Builds an event when it happens, and only if its channel has subscribers.
 *
 * Subscribers hear of it after the operation that it is about. Inside of it, one that uses the pool would change what the operation
 * is in the middle of, and one that causes the same event again would fill the stack.
 */
export class Publisher implements Listener {
  constructor(private readonly pool: PublisherPorts) {}

  // --- requests ---

  requestSettled(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    if (requestSettled.hasSubscribers) this.publishSettled(request, outcome, error)
  }

  callerSettled(call: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    if (requestSettled.hasSubscribers) this.publishSettled(call, outcome, error)
  }

  private publishSettled(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    // Written out: there is one for each request, and copies with spread cost 6 µs of time and garbage.
    const { pool, ref } = this.pool.identity
    const { type, kind, askedMessage: message, priority, key, attempt: attempts } = request
    const { waitedMs, ranMs, heldMs } = request.times()
    const member = request.runner?.info.name ?? null
    const event: SettledEvent = {
      pool,
      ref,
      type,
      kind,
      message,
      priority,
      key: keyName(key),
      outcome,
      waitedMs,
      ranMs,
      heldMs,
      attempts,
      member,
      error,
    }
    request.within(() => this.publish(requestSettled, event))
  }

  requestDropped(request: RequestFacts, facts: DropFacts): void {
    if (!requestDropped.hasSubscribers) return
    const { reason, waitedMs, queueLength, retryAfterMs } = facts
    const drop = { reason, waitedMs, queueLength, retryAfterMs }
    request.within(() => this.publish(requestDropped, { ...this.ofRequest(request), ...drop }))
  }

  backedOff(
    request: RequestFacts,
    facts: { readonly ms: number; readonly key: unknown; readonly again: boolean },
  ): void {
    if (!backedOff.hasSubscribers) return
    const { ms, key: heldKey, again } = facts
    const event = { member: request.runner?.info.name ?? null, ms, all: heldKey === undefined, heldKey, again }
    request.within(() => this.publish(backedOff, { ...this.ofRequest(request), ...event }))
  }

  /** How long a request was held is a field of its outcome, too. */
  wantsHolds(): boolean {
    return requestHeld.hasSubscribers || requestSettled.hasSubscribers
  }

  requestHeld(request: RequestFacts, { limit, key }: { readonly limit: HoldingLimit; readonly key: unknown }): void {
    if (!requestHeld.hasSubscribers) return
    request.within(() => this.publish(requestHeld, { ...this.ofRequest(request), limit, limitKey: key }))
  }

  letterDied(message: unknown, error: GenPoolError): void {
    if (letterDead.hasSubscribers) this.publish(letterDead, { ...this.pool.identity, message, error })
  }

  handlerReran(
    seat: Seat,
    { type }: RequestFacts,
    { number: attempt, exclusive }: { readonly number: number; readonly exclusive: boolean },
  ): void {
    if (!commitConflicted.hasSubscribers) return
    this.publish(commitConflicted, { ...this.ofMember(seat.info), type, attempt, exclusive })
  }

  // --- members ---

  memberStarted(seat: Seat): void {
    if (!memberStarted.hasSubscribers) return
    this.publish(memberStarted, {
      ...this.ofMember(seat.info),
      tookMs: msBetween(seat.bornAt, this.pool.turnNow()),
    })
  }

  memberCrashed(seat: Seat, requests: readonly RequestFacts[], cause: unknown): void {
    if (!memberCrashed.hasSubscribers) return
    this.publish(memberCrashed, { ...this.ofMember(seat.info), type: requests[0]?.type ?? '', cause })
  }

  memberAbandoned(seat: Seat, { type, startedAt }: RequestFacts): void {
    if (!memberStuck.hasSubscribers) return
    const now = this.pool.now()
    this.publish(memberStuck, { ...this.ofMember(seat.info), type, ranMs: msBetween(startedAt ?? now, now) })
  }

  memberEnded(seat: Seat, reason: unknown): void {
    if (!memberStopped.hasSubscribers || !seat.hasBegun) return
    const ageMs = msBetween(seat.bornAt, this.pool.turnNow())
    this.publish(memberStopped, { ...this.ofMember(seat.info), reason, handled: seat.handled, ageMs })
  }

  startFailed(
    info: MemberInfo,
    failure: { readonly error: unknown; readonly failures: number; readonly retryIn: Nanos | null },
  ): void {
    if (!initFailed.hasSubscribers) return
    const { error, failures, retryIn } = failure
    const timedOut = isOf(error, StartTimeoutError)
    const retryInMs = retryIn === null ? null : retryIn / NS_PER_MS
    this.publish(initFailed, { ...this.ofMember(info), error, timedOut, failures, retryInMs })
  }

  // --- the pool ---

  sizeChanged(from: number, to: number): void {
    if (sizeChanged.hasSubscribers) this.publish(sizeChanged, { ...this.pool.identity, from, to })
  }

  poolStarted(): void {
    if (poolStarted.hasSubscribers) {
      this.publish(poolStarted, { ...this.pool.identity, path: this.pool.path })
    }
  }

  poolReady(afterNs: Nanos): void {
    if (poolReady.hasSubscribers) {
      this.publish(poolReady, { ...this.pool.identity, afterMs: afterNs / NS_PER_MS })
    }
  }

  poolDraining(): void {
    if (poolDraining.hasSubscribers) {
      this.publish(poolDraining, { ...this.pool.identity, ...this.pool.work() })
    }
  }

  poolStopped(cause: unknown): void {
    if (poolStopped.hasSubscribers) {
      this.publish(poolStopped, { ...this.pool.identity, cause, ...this.pool.work() })
    }
  }

  configured(changes: readonly Change[]): void {
    if (poolConfigured.hasSubscribers) this.publish(poolConfigured, { ...this.pool.identity, changes })
  }

  // --- policies ---

  breakerChanged(change: Omit<BreakerEvent, keyof PoolEvent>): void {
    if (breakerChanged.hasSubscribers) this.publish(breakerChanged, { ...this.pool.identity, ...change })
  }

  alarmChanged(kind: 'set' | 'clear', facts: Omit<AlarmEvent, keyof PoolEvent>): void {
    const channel = kind === 'set' ? alarmSet : alarmCleared
    if (channel.hasSubscribers) this.publish(channel, { ...this.pool.identity, ...facts })
  }

  private publish<E>(channel: EventChannel<E>, event: NoInfer<E>): void {
    this.pool.tell(() => channel.publish(event))
  }

  private ofMember({ name, slot, incarnation }: MemberInfo): MemberEvent {
    return { ...this.pool.identity, member: name, slot, incarnation }
  }

  private ofRequest({ type, kind, askedMessage: message, priority, key }: RequestFacts): RequestEvent {
    return { ...this.pool.identity, type, kind, message, priority, key: keyName(key) }
  }
}
