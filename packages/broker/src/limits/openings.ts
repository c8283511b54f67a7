import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type Gate, holdOf, rateOf } from './hold'

/**
 * When new requests may begin, as far as the rate of all and a back-off of all say: so many at once, the next one in a while, and from
 * then on one after the other. What waits already begins before them. Times are milliseconds.
 */
export interface Openings {
  /** How many more may begin now. */
  readonly free: number
  /** When the one after these may begin. */
  readonly nextMs: number
  /** How often one may begin in the long run; 0: there is no rate. */
  readonly everyMs: number
}

/**
 * Reads them. New requests count as costing 1.
 *
 * @param waiting the cost of what waits
 * @returns undefined if nothing bounds what begins
 */
export function openingsOf(gate: Gate | null, waiting: number, now: Nanos): Openings | undefined {
  const rate = rateOf(gate)
  const heldMs = Math.max(0, holdOf(gate) - now) / NS_PER_MS
  if (rate === null) return heldMs === 0 ? undefined : { free: 0, nextMs: heldMs, everyMs: 0 }
  const free = heldMs > 0 ? 0 : Math.max(0, Math.floor(rate.room(now) - waiting))
  const nextMs = Math.max(heldMs, (rate.opensAfter(waiting + free + 1, now) - now) / NS_PER_MS)
  return { free, nextMs, everyMs: rate.every / NS_PER_MS }
}
