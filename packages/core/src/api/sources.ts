import type { PoolRef } from '../behaviours/protocol'
import type { Source } from '../views/sources'
import { poolOf } from './pool-of'

/** Shows a source in `inspect` and `explain` of the pool, until the function is called that it returns. */
export function addSource(ref: PoolRef, source: Source): () => void {
  const { sources } = poolOf(ref, 'consume')
  sources.add(source)
  return () => void sources.delete(source)
}
