import type { AssembledPool } from '../assemble/assembled-pool'
import type { PoolRef } from '../behaviours/protocol'
import type { DeliveryOptions } from '../pool/intake'
import type { DeliveryEnd } from '../requests/delivered-cast'
import type { Source } from '../views/sources'
import { poolOf } from './pool-of'
import { type Halted, haltOf } from './serving'

export type { DeliveryOptions }

/** A cast that was given to a pool. */
export interface Delivering {
  /** Ends it: its handler sees that in `ctx.signal`, and its commit is refused. */
  cancel(): void
  /** Takes it back if no member has it yet: then `ended` is told that it was cancelled. Returns whether it did. */
  takeBack(): boolean
}

/**
 * Gives a pool a cast that somebody keeps until it is done. Handlers find `delivery` in their context.
 *
 * @param ended told once: after the commit, or why it failed. The pool keeps no dead letter of it
 * @returns what ends it before
 */
export function deliver(ref: PoolRef, message: unknown, options: DeliveryOptions, ended: DeliveryEnd): Delivering {
  return poolOf(ref, 'consume').kernel.intake.deliver(message, options, ended)
}

/** How long nearly all handlers of a pool ran lately, in milliseconds: the 99th percentile; Infinity if none ran. */
export function longRunMs(ref: PoolRef): number {
  const pool = poolOf(ref, 'consume')
  const { p99 } = pool.stats.run.percentiles(pool.turnNow())
  return p99 > 0 ? p99 : Infinity
}

/** Why a pool begins nothing that comes now: it ends or is paused, no member has started, its circuit breaker is open, or its rate is used up. */
export type Closed = Halted | 'ending' | 'breaker' | 'rate'

/** For how much a pool has room. */
interface Room {
  /** How many messages it can work on at once. 0 if it ends or is paused. */
  readonly size: number
  /** How many more members could work now. */
  readonly room: number
  /** How many messages wait for a member. */
  readonly waiting: number
  /** How many more may come now, whatever its members do. */
  readonly most: number
  /** Why none may; null if some may. */
  readonly closed: Closed | null
}

/** Of what may begin so soon, it is as if it could begin now: it has a way to come. */
const SOON_MS = 100

/** For how much a pool has room. What comes then begins soon, unless a limit of its key holds it. */
export function roomIn(ref: PoolRef): Room {
  const pool = poolOf(ref, 'consume')
  const { mostAtOnce, waitingCount: waiting } = pool
  const halt = pool.phase === 'running' || pool.phase === 'starting' ? haltOf(pool) : 'ending'
  const size = halt === 'ending' || halt === 'paused' ? 0 : mostAtOnce
  if (halt !== undefined) return { size, room: 0, waiting, most: 0, closed: halt }
  const probes = probesIn(pool)
  const begins = beginsIn(pool)
  const closed = probes <= 0 ? 'breaker' : begins <= 0 ? 'rate' : null
  return { size, room: size - pool.kernel.crew.busy, waiting, most: Math.min(probes, begins), closed }
}

/** How many messages a circuit breaker lets in: one after the other while it tries whether all is well. */
function probesIn(pool: AssembledPool): number {
  const state = pool.figures(pool.turnNow()).breaker?.state ?? 'closed'
  if (state === 'closed') return Infinity
  return state === 'half-open' && pool.kernel.crew.busy + pool.waitingCount === 0 ? 1 : 0
}

/** How many messages a rate of all, and a back-off of all, let begin soon. */
function beginsIn(pool: AssembledPool): number {
  const openings = pool.kernel.port.openings(pool.turnNow())
  if (openings === undefined) return Infinity
  const { free, nextMs, everyMs } = openings
  if (nextMs > SOON_MS) return free
  return everyMs === 0 ? Infinity : free + 1 + Math.floor((SOON_MS - nextMs) / everyMs)
}

/** Shows a source in `inspect` and `explain` of the pool, until the function is called that it returns. */
export function addSource(ref: PoolRef, source: Source): () => void {
  const { sources } = poolOf(ref, 'consume')
  sources.add(source)
  return () => void sources.delete(source)
}
