import type { PoolRef } from '../behaviours/protocol'
import type { DeliveryOptions } from '../pool/intake'
import type { DeliveryEnd } from '../requests/delivered-cast'
import type { Source } from '../views/sources'
import { poolOf } from './pool-of'

export type { DeliveryOptions }

/** A cast that was given to a pool. */
export interface Delivering {
  /** Ends it: its handler sees that in `ctx.signal`, and its commit is refused. */
  cancel(): void
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

/** How many more messages a pool can work on at once, and how many wait for a member. All 0 if it takes none. */
export function roomIn(ref: PoolRef): { readonly size: number; readonly room: number; readonly waiting: number } {
  const pool = poolOf(ref, 'consume')
  const { mostAtOnce: size, waitingCount: waiting } = pool
  const takesWork = pool.phase === 'running' || pool.phase === 'starting'
  if (!takesWork || pool.figures(pool.turnNow()).paused === true) return { size: 0, room: 0, waiting }
  return { size, room: size - pool.kernel.crew.busy, waiting }
}

/** Shows a source in `inspect` and `explain` of the pool, until the function is called that it returns. */
export function addSource(ref: PoolRef, source: Source): () => void {
  const { sources } = poolOf(ref, 'consume')
  sources.add(source)
  return () => void sources.delete(source)
}
