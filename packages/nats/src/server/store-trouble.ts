import { explain, type HereRef } from '@genpool/core'
import { sharedCellOf } from '@genpool/core/elsewhere'
import { MOST_STORE } from '../nodes/said'

/** What limits a pool whose commits wait for the store of its state, in words; undefined if they do not. */
export function storeTrouble(pool: HereRef): string | undefined {
  const condition = sharedCellOf(pool)?.condition?.()
  if (condition === undefined) return undefined
  const { waitingMs, failures, fault } = condition
  // An explanation costs more than a look, and nodes tell of themselves often.
  if (waitingMs === 0 && failures === 0 && fault === undefined) return undefined
  const says = explain(pool).findings.find(({ finding }) => finding === 'store')?.says
  return says?.replace(/^the store is what limits the pool: /, '').slice(0, MOST_STORE)
}
