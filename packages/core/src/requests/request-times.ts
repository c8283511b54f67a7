import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Rarely } from './rarely'
import type { RequestFacts, RequestTimes } from './request-facts'

/** How long a request has waited and run. */
export function timesUntil(
  now: Nanos,
  sentAt: Nanos,
  { startedAt, rarely }: Pick<RequestFacts, 'startedAt'> & { readonly rarely: Rarely | null },
): RequestTimes {
  const heldMs = (rarely?.hold?.total(now) ?? 0) / NS_PER_MS
  if (startedAt === null) return { waitedMs: msBetween(sentAt, now), ranMs: 0, heldMs }
  // A call that joins a run may have come after its start.
  return { waitedMs: msBetween(sentAt, startedAt), ranMs: msBetween(Math.max(sentAt, startedAt), now), heldMs }
}

/** Milliseconds from one time to another, never negative. */
export function msBetween(from: Nanos, to: Nanos): number {
  return Math.max(0, to - from) / NS_PER_MS
}
