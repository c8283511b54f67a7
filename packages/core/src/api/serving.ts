import type { Cell } from '@genpool/state-ane'
import type { MessageTypes } from '../behaviours/message-types'
import type { PoolRef } from '../behaviours/protocol'
import { poolOf } from './pool-of'

/** The types of messages that a pool has handlers for; null if messages of any type may have one. */
export function messageTypesOf(ref: PoolRef): MessageTypes | null {
  return poolOf(ref, 'serve').kernel.behaviour.types
}

/** The cell with the state of all members; undefined before there is one, and if each member has its own. */
export function sharedCellOf(ref: PoolRef): Cell<unknown> | undefined {
  const { kernel } = poolOf(ref, 'serve')
  return kernel.sharesState ? kernel.cell : undefined
}
