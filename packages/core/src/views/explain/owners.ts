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

/** The key of a fair queue with the most waiting requests, and the number of keys; null if none waits. */
export function greatestTenant(by: FairBy, waiting: readonly RequestFacts[]): Tenant | null {
  const keyOf = fairKey(by)
  const tenants = new Set<unknown>()
  const most = greatest(waiting, ({ message }) => {
    const id = fairIdentity(keyOf(message))
    tenants.add(id)
    return id
  })
  return most === null ? null : { ...most, tenants: tenants.size }
}

/** Finds the owner of most requests. */
export function greatest(
  requests: readonly RequestFacts[],
  ownerOf: (request: RequestFacts) => unknown,
): Greatest | null {
  const counts = new Map<unknown, number>()
  for (const request of requests) {
    const owner = ownerOf(request)
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  let most: Greatest | null = null
  for (const [owner, number] of counts) {
    if (most === null || number > most.count)
      most = { name: owner === undefined ? '(none)' : keyInWords(owner), count: number }
  }
  return most
}
