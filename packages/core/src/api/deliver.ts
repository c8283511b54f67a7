import type { PoolRef } from '../behaviours/protocol'
import type { DeliveryOptions } from '../pool/intake'
import type { DeliveryEnd } from '../requests/delivered-cast'
import { countMembers } from '../views/pool-view'
import { poolOf } from './pool-of'

/**
 * Gives a pool a cast that somebody keeps until it is done. Handlers find `delivery` in their context.
 *
 * @param ended told once: after the commit, or why it failed. The pool keeps no dead letter of it
 */
export function deliver(ref: PoolRef, message: unknown, options: DeliveryOptions, ended: DeliveryEnd): void {
  poolOf(ref, 'consume').kernel.intake.deliver(message, options, ended)
}

/** How many more messages a pool can work on at once. 0 if it takes none. */
export function roomIn(ref: PoolRef): { readonly size: number; readonly room: number } {
  const pool = poolOf(ref, 'consume')
  const size = pool.mostAtOnce
  const takesWork = pool.phase === 'running' || pool.phase === 'starting'
  if (!takesWork || pool.figures(pool.turnNow()).paused === true) return { size, room: 0 }
  return { size, room: Math.max(0, size - countMembers(pool).busy - pool.waitingCount) }
}
