import { findActor, OptionsError } from '@genpool/runtime'
import type { Ref } from 'nact'
import type { PoolRef } from '../behaviours/protocol'
import type { AssembledPool } from '../assemble/assembled-pool'
import { POOL, PoolActor } from '../assemble/pool-actor'

/**
 * Returns the pool of a reference.
 *
 * @throws {OptionsError} if it is not a reference to a pool
 */
export function poolOf(ref: PoolRef): AssembledPool {
  return (ref as { [POOL]?: AssembledPool })[POOL] ?? found(ref)
}

function found(ref: PoolRef): AssembledPool {
  // A copy of the reference, for example from a message: the pool is found by its path, as in nact.
  const actor = isReference(ref) ? findActor(ref as Ref<never>) : undefined
  if (actor instanceof PoolActor) return actor.pool
  throw new OptionsError(
    'Not a reference to a running pool. Pass the value that spawnPool returned (a copy of it works only while the pool runs).',
  )
}

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'system' in value && 'type' in value
}
