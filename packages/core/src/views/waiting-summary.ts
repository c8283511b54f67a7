import { keyName, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { RequestFacts } from '../requests/request-facts'
import { MOST_LOOKED_AT } from './pool-view'
import { rounded } from './explain/finding'
import { tenantBy, type TenantsBy } from './explain/owners'

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
  /**
   * How many of them `oldest` and `by` are about: all, or about 10 000 if more wait. These are of each tenant, of each priority and of each
   * key that is held back the oldest and the newest, in proportion to how many it has.
   */
  readonly looked: number
  /** The requests that have waited longest, at most ten. */
  readonly oldest: readonly WaitingRequest[]
  readonly by: {
    readonly type: Shares
    readonly priority: Shares
    /** Only of requests that have a key. */
    readonly key: Shares
    /**
     * What a fair queue serves in turn; without one, the keys of `limits.by`, or else of `rate.by`. "(none)" are those without a key.
     * Undefined without any of them.
     */
    readonly tenant: Shares | undefined
  }
}

/** What a summary reads of a pool. */
interface WaitingView {
  readonly waitingCount: number
  sampleOfWaiting(most: number): Iterable<RequestFacts>
}

/** Counts waiting requests by their owners. Looks at 10 000 of them at most, and at one of each owner. */
export function summarise(pool: WaitingView, by: TenantsBy | null, now: Nanos): WaitingSummary {
  const tenantOf = by === null ? null : tenantBy(by)
  const [types, priorities] = [new Map<unknown, number>(), new Map<unknown, number>()]
  const keys = new Map<unknown, number>()
  const tenants = new Map<unknown, number>()
  const oldest = new Oldest()
  let looked = 0
  for (const request of pool.sampleOfWaiting(MOST_LOOKED_AT)) {
    looked++
    oldest.look(request)
    add(types, request.type)
    add(priorities, request.priority)
    if (request.key !== undefined) add(keys, request.key)
    if (tenantOf !== null) add(tenants, tenantOf(request))
  }
  return {
    count: pool.waitingCount,
    looked,
    oldest: oldest.all.map((request) => ({
      type: request.type,
      priority: request.priority,
      key: request.key === undefined ? undefined : textOf(keyName(request.key)),
      waitedMs: rounded(Math.max(0, now - request.cameAt) / NS_PER_MS),
    })),
    by: {
      type: shares(types),
      priority: shares(priorities),
      key: shares(keys),
      tenant: tenantOf === null ? undefined : shares(tenants),
    },
  }
}

function add(counts: Map<unknown, number>, owner: unknown): void {
  counts.set(owner, (counts.get(owner) ?? 0) + 1)
}

function shares(counts: ReadonlyMap<unknown, number>): Shares {
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED)
  return {
    names: counts.size,
    most: most.map(([owner, count]) => ({ name: owner === undefined ? '(none)' : textOf(keyName(owner)), count })),
  }
}

/** The requests that came first, of many that come in any order. */
class Oldest {
  readonly all: RequestFacts[] = []
  /** When the youngest of them came; Infinity while there is room. */
  private before = Infinity

  look(request: RequestFacts): void {
    if (request.cameAt >= this.before) return
    const at = this.all.findLastIndex(({ cameAt }) => cameAt <= request.cameAt)
    this.all.splice(at + 1, 0, request)
    if (this.all.length > MOST_NAMED) this.all.pop()
    if (this.all.length === MOST_NAMED) this.before = (this.all.at(-1) as RequestFacts).cameAt
  }
}
