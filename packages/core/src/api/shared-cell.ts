import type { Cell } from '@genpool/state-ane'
import type { PoolRef } from '../behaviours/protocol'
import { poolOf } from './pool-of'

/** The cell with the state of all members; undefined before there is one, and if each member has its own. */
export function sharedCellOf(ref: PoolRef): Cell<unknown> | undefined {
  const { kernel } = poolOf(ref, 'serve')
  return kernel.sharesState ? kernel.cell : undefined
}
