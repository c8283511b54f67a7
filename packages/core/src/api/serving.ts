import type { Cell } from '@genpool/state-ane'
import type { Change } from '@genpool/runtime'
import type { MessageTypes } from '../behaviours/message-types'
import type { PoolChanges } from '../assemble/options'
import type { PoolRef } from '../behaviours/protocol'
import { elsewhereOf } from './elsewhere'
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

/** What `configure` would change, of any pool. Changes nothing. @throws what `configure` throws */
export function previewChanges(ref: PoolRef, changes: object): readonly Change[] {
  return elsewhereOf(ref)?.preview(changes) ?? poolOf(ref, 'configure').preview(changes as PoolChanges)
}
