import type { RequestFacts } from './request-facts'

/** How a call could still be answered after its handler has returned. */
export type Answerer = RequestFacts['answerer']

/** Where a request was when its deadline passed: it waited, its handler ran or, by who could still answer, that had returned. */
export type Expiry = 'waiting' | 'running' | Answerer

/** @param isLate whether its handler has returned, and it is to be answered later */
export function expiryOf(request: RequestFacts, isLate: boolean): Expiry {
  if (isLate) return request.answerer
  if (request.startedAt === null) return 'waiting'
  // It may have run out of time before its handler had a chance.
  const { waitedMs, ranMs } = request.times()
  return waitedMs > ranMs ? 'waiting' : 'running'
}
