import { findActor, OptionsError } from '@genpool/runtime'
import type { Ref } from 'nact'
import type { PoolRef } from '../behaviours/protocol'
import { POOL, PoolActor } from '../pool/pool-actor'
import type { Pool } from '../pool/pool'

/**
 * The pool behind a reference.
 *
 * @throws {OptionsError} if it is no reference of a pool
 */
export function poolOf(ref: PoolRef): Pool {
  return (ref as { [POOL]?: Pool })[POOL] ?? found(ref)
}

function found(ref: PoolRef): Pool {
  // A copy, as one that came in a message: found by its path, as nact does.
  const actor = isReference(ref) ? findActor(ref as Ref<never>) : undefined
  if (actor instanceof PoolActor) return actor.pool
  throw new OptionsError(
    'This is no reference of a pool that runs. Give what spawnPool returned; a copied reference works while its pool runs.',
  )
}

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'system' in value && 'type' in value
}
