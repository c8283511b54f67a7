import { NS_PER_MS } from '@genpool/runtime'
import type { Phase } from '../pool/status'
import { countMembers } from '../views/pool-view'
import type { HereRef } from './elsewhere'
import { poolOf } from './pool-of'

/** How much work a pool has now. */
export interface Load {
  readonly phase: Phase
  /** How many requests can be worked on at once. */
  readonly size: number
  readonly idle: number
  readonly busy: number
  /** How many requests wait for a member. */
  readonly waiting: number
  /** How long the oldest of them has waited, in milliseconds. A cast with `latest` has the place of the one that it replaced, and its age. */
  readonly oldestWaitMs: number
  /** How long handlers mostly ran in the last 10 to 20 seconds, in milliseconds: the median; 0 if none ran. */
  readonly runMs: number
  /** 99 % of them ran this long or less, in milliseconds. */
  readonly runP99Ms: number
  /** How many requests have arrived since the start. */
  readonly accepted: number
}

/**
 * Says how much work a pool has: the few figures of `inspect` that cost next to nothing, for those who ask often.
 *
 * @example const { busy, waiting } = load(pool)
 */
export function load(ref: HereRef): Load {
  const pool = poolOf(ref, 'load')
  const now = pool.now()
  const { idle, busy } = countMembers(pool)
  const run = pool.stats.run.percentiles(now)
  return {
    phase: pool.phase,
    size: pool.mostAtOnce,
    idle,
    busy,
    waiting: pool.waitingCount,
    oldestWaitMs: pool.oldestWait(now) / NS_PER_MS,
    runMs: run.p50,
    runP99Ms: run.p99,
    accepted: pool.stats.counters.accepted,
  }
}
