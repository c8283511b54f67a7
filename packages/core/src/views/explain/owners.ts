import { type FairBy, fairIdentity, fairKey } from '@genpool/broker'
import { readSafely } from '@genpool/runtime'
import type { RequestFacts } from '../../requests/request-facts'
import { isLatestKey, keyInWords } from './finding'

/** The owner of most requests. */
interface Greatest {
  readonly name: string
  readonly count: number
}

/** The greatest key. */
export interface GreatestKey extends Greatest {
  /** Whether it is that of casts with `latest`. */
  readonly isLatest: boolean
}

/** The greatest of several tenants. */
export interface Tenant extends Greatest {
  readonly tenants: number
  readonly namedBy: TenantsBy['namedBy']
}

/** What tells tenants apart. */
export interface TenantsBy {
  readonly by: FairBy
  /** The option that says so: of a fair queue, of `limits` or of `rate`. */
  readonly namedBy: 'queue' | 'limits' | 'rate'
}

/** Returns the function that finds the tenant of a request; undefined for one without, or if a user's function throws. */
export function tenantBy({ by }: TenantsBy): (request: Pick<RequestFacts, 'message'>) => unknown {
  const keyOf = fairKey(by)
  return ({ message }) => readSafely(() => fairIdentity(keyOf(message)), undefined)
}

/** Some of the waiting requests, of each owner in proportion, and how many wait in all. */
export interface Sample {
  readonly of: readonly RequestFacts[]
  readonly waiting: number
}

/**
 * The tenant with the most waiting requests, and how many tenants there are; null if none waits. In a fair queue, those without a key
 * are a tenant, too. For limits they are not.
 */
export function greatestTenant(of: TenantsBy, sample: Sample): Tenant | null {
  const { namedBy } = of
  const tenants = countBy(sample.of, tenantBy(of))
  if (namedBy !== 'queue') tenants.delete(undefined)
  const most = greatest(tenants, sample)
  return most === null ? null : { name: most.name, count: most.count, tenants: tenants.size, namedBy }
}

/** The key of most requests that have one; null if none has. */
export function greatestKey(sample: Sample): GreatestKey | null {
  const keyed = sample.of.filter(({ key }) => key !== undefined)
  const most = greatest(
    countBy(keyed, ({ key }) => key),
    sample,
  )
  return most === null ? null : { name: most.name, count: most.count, isLatest: isLatestKey(most.owner) }
}

function countBy(requests: readonly RequestFacts[], ownerOf: (request: RequestFacts) => unknown): Map<unknown, number> {
  const counts = new Map<unknown, number>()
  for (const request of requests) {
    const owner = ownerOf(request)
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  return counts
}

function greatest(
  counts: ReadonlyMap<unknown, number>,
  { of, waiting }: Sample,
): (Greatest & { owner: unknown }) | null {
  let most: { readonly owner: unknown; readonly count: number } | null = null
  for (const [owner, count] of counts) if (most === null || count > most.count) most = { owner, count }
  if (most === null) return null
  const { owner } = most
  const count = Math.round((most.count * waiting) / of.length)
  return { owner, name: owner === undefined ? '(none)' : keyInWords(owner), count }
}
