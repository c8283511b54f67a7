import { type FairBy, fairIdentity, fairKey } from '@genpool/broker'
import type { RequestFacts } from '../../requests/request-facts'
import { keyInWords } from './finding'

/** The owner of most requests. */
export interface Greatest {
  readonly name: string
  readonly count: number
}

/** The greatest of several tenants. */
export interface Tenant extends Greatest {
  readonly tenants: number
}

/** Some of the waiting requests, of each owner in proportion, and how many wait in all. */
export interface Sample {
  readonly of: readonly RequestFacts[]
  readonly waiting: number
}

/** The key of a fair queue with the most waiting requests, and the number of keys; null if none waits. */
export function greatestTenant(by: FairBy, sample: Sample): Tenant | null {
  const keyOf = fairKey(by)
  const tenants = countBy(sample.of, ({ message }) => fairIdentity(keyOf(message)))
  const most = greatest(tenants, sample)
  return most === null ? null : { ...most, tenants: tenants.size }
}

/** The key of most requests that have one; null if none has. */
export function greatestKey(sample: Sample): Greatest | null {
  const keyed = sample.of.filter(({ key }) => key !== undefined)
  return greatest(
    countBy(keyed, ({ key }) => key),
    sample,
  )
}

function countBy(requests: readonly RequestFacts[], ownerOf: (request: RequestFacts) => unknown): Map<unknown, number> {
  const counts = new Map<unknown, number>()
  for (const request of requests) {
    const owner = ownerOf(request)
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  return counts
}

function greatest(counts: ReadonlyMap<unknown, number>, { of, waiting }: Sample): Greatest | null {
  let most: { readonly owner: unknown; readonly count: number } | null = null
  for (const [owner, count] of counts) if (most === null || count > most.count) most = { owner, count }
  if (most === null) return null
  const count = Math.round((most.count * waiting) / of.length)
  return { name: most.owner === undefined ? '(none)' : keyInWords(most.owner), count }
}
