import { type FairBy, fairIdentity, fairKey } from '@genpool/broker'
import { keyName, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { RequestFacts } from '../requests/request-facts'
import { rounded } from './explain/finding'

/** How many owners and requests a summary names. */
const MOST_NAMED = 10

/** What waiting requests are counted by: the most frequent names first, at most ten. */
export interface Shares {
  /** How many different names there are. */
  readonly names: number
  readonly most: readonly { readonly name: string; readonly count: number }[]
}

/** A request that waits for a member. */
export interface WaitingRequest {
  readonly type: string
  readonly priority: number
  /** Its key as text; undefined without one. */
  readonly key: string | undefined
  readonly waitedMs: number
}

/** What waits for a member, without the messages themselves. */
export interface WaitingSummary {
  readonly count: number
  /** The requests that have waited longest, at most ten. */
  readonly oldest: readonly WaitingRequest[]
  readonly by: {
    readonly type: Shares
    readonly priority: Shares
    /** Only of requests that have a key. */
    readonly key: Shares
    /** What a fair queue serves in turn; undefined with another queue. */
    readonly tenant: Shares | undefined
  }
}

/** Counts waiting requests by their owners. Reads each one once for each kind of owner. */
export function summarise(
  waiting: readonly RequestFacts[],
  fair: { readonly by: FairBy } | null,
  now: Nanos,
): WaitingSummary {
  const keyed = waiting.filter(({ key }) => key !== undefined)
  return {
    count: waiting.length,
    oldest: oldestOf(waiting).map((request) => ({
      type: request.type,
      priority: request.priority,
      key: request.key === undefined ? undefined : textOf(keyName(request.key)),
      waitedMs: rounded(Math.max(0, now - request.sentAt) / NS_PER_MS),
    })),
    by: {
      type: shares(waiting, ({ type }) => type),
      priority: shares(waiting, ({ priority }) => priority),
      key: shares(keyed, ({ key }) => key),
      tenant: fair === null ? undefined : shares(waiting, tenantBy(fair.by)),
    },
  }
}

function tenantBy(by: FairBy): (request: RequestFacts) => unknown {
  const keyOf = fairKey(by)
  return ({ message }) => fairIdentity(keyOf(message))
}

function shares(requests: readonly RequestFacts[], ownerOf: (request: RequestFacts) => unknown): Shares {
  const counts = new Map<unknown, number>()
  for (const request of requests) {
    const owner = ownerOf(request)
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED)
  return {
    names: counts.size,
    most: most.map(([owner, count]) => ({ name: owner === undefined ? '(none)' : textOf(keyName(owner)), count })),
  }
}

function oldestOf(requests: readonly RequestFacts[]): readonly RequestFacts[] {
  return [...requests].sort((a, b) => a.sentAt - b.sentAt).slice(0, MOST_NAMED)
}
