import { lookUp, wrongArgument } from '@genpool/runtime'
import type { PoolRef } from '../behaviours/protocol'
import type { AssembledPool } from '../assemble/assembled-pool'
import { POOL, PoolActor } from '../assemble/pool-actor'
import { elsewhereOf, type Receiver } from './elsewhere'
import { notHere } from './here-only'

/**
 * Returns the pool of a reference.
 *
 * What is wrong with one is found out only after it has failed: each message comes through here.
 *
 * @param caller the public function that was given the reference, for the error
 * @throws {OptionsError} if it is not a reference to a pool
 */
export function poolOf(ref: PoolRef, caller: string): AssembledPool {
  try {
    const pool = (ref as { [POOL]?: AssembledPool })[POOL]
    if (pool !== undefined) return pool
  } catch {
    // Undefined, null, or a proxy that throws.
  }
  return found(ref, caller)
}

/** The same for functions that also work on a pool that runs elsewhere. */
export function receiverOf(ref: PoolRef, caller: string): Receiver {
  try {
    const pool = (ref as { [POOL]?: AssembledPool })[POOL]
    if (pool !== undefined) return pool
  } catch {
    // Undefined, null, or a proxy that throws.
  }
  return elsewhereOf(ref) ?? found(ref, caller)
}

function found(ref: PoolRef, caller: string): AssembledPool {
  // A copy of the reference, for example from a message: the pool is found by its path, as in nact.
  const actor = lookUp(ref)
  if (actor instanceof PoolActor) return actor.pool
  const elsewhere = elsewhereOf(ref)
  if (elsewhere !== undefined) throw notHere(caller, elsewhere.name)
  const expected = 'the address of a pool, as spawnPool returned it (a copy of it works only while the pool runs)'
  throw wrongArgument({ of: caller, argument: 'pool', expected }, ref)
}
