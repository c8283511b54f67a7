import type { DropFacts } from '@genpool/broker'
import { type GenPoolError, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { PoolRef } from '../behaviours/protocol'
import type { Member } from '../pool/member'
import type { Pool } from '../pool/pool'
import type { Outcome, Request } from '../pool/request'
import type { DropEvent, MemberEvent, RequestEvent, PoolEvent, SettledEvent } from './events'

/** How long a request waited, and how long it ran. */
export interface RequestTimes {
  readonly waitedMs: number
  readonly ranMs: number
}

/** What all events of a pool say. */
export function ofPool(pool: Pool): PoolEvent {
  return { pool: pool.name, ref: pool.actor.reference as unknown as PoolRef }
}

/** What all events of a member say. */
export function ofMember(member: Member): MemberEvent {
  const { name, slot, incarnation } = member.info
  return { ...ofPool(member.pool), member: name, slot, incarnation }
}

function ofRequest(request: Request): RequestEvent {
  const { pool, route, kind, message, priority, key } = request
  return { ...ofPool(pool), type: route.type, kind, message, priority, key }
}

export function settledEvent(request: Request, outcome: Outcome, error: GenPoolError | undefined): SettledEvent {
  const times = timesOf(request)
  const member = request.member?.name ?? null
  return { ...ofRequest(request), outcome, ...times, attempts: request.attempt, member, error }
}

export function dropEvent(request: Request, facts: DropFacts): DropEvent {
  const { reason, waitedMs, queueLength, retryAfterMs } = facts
  return { ...ofRequest(request), reason, waitedMs, queueLength, retryAfterMs }
}

/** How long a request waited and ran until now. Reads the clock itself, so that nobody's measurement is cut in two. */
export function timesOf(request: Request): RequestTimes {
  const now = request.pool.options.clock.now()
  const startedAt = startOf(request)
  if (startedAt === null) return { waitedMs: msBetween(request.sentAt, now), ranMs: 0 }
  return { waitedMs: msBetween(request.sentAt, startedAt), ranMs: msBetween(startedAt, now) }
}

/** When the work on a request was begun the last time; null if it never was. */
function startOf(request: Request): Nanos | null {
  return request.extras?.startedAt ?? request.member?.startOf(request) ?? null
}

export function msBetween(from: Nanos, to: Nanos): number {
  return Math.max(0, to - from) / NS_PER_MS
}
