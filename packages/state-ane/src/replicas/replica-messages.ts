import type { Patch } from 'immer'

/**
 * What a replica that commits sends to the owner of its cell. The channel keeps the order and loses nothing.
 *
 * - `commit`: patches for what the replica has after its entries before this one. `hold`: the hold under which it commits, 0 without
 * - `withdraw`: instead of a commit that could not be sent: it is refused with this error
 * - `hold`, `release`: takes the cell for this replica, and gives it back
 * - `turn`: the same among replicas only; those who commit where the cell is go on
 */
export type ReplicaMessage =
  | readonly ['commit', epoch: number, seq: number, hold: number, patches: readonly Patch[], tag: unknown]
  | readonly ['withdraw', epoch: number, seq: number, error: unknown]
  | readonly ['hold' | 'turn', id: number]
  | readonly ['release', id: number]

/**
 * What the owner sends to a replica, in order. Each `value`, `patches` and `refused` begins the next epoch: the replica does nothing
 * with one that comes again, and refuses patches if a message before them is missing.
 *
 * - `value`, `patches`: what others have committed. All entries of the replica that were not confirmed before are void: it makes
 *   them again on this value, in the new epoch
 * - `committed`: its entries up to `seq` are committed, and led to `version`
 * - `refused`: these entries are not committed, and fail; all others that were not confirmed are void
 * - `held`: the hold or the turn is the replica's, which has the latest value now
 * - `wanted`: another replica waits for the turn that this one has, or gets next
 */
export type OwnerMessage<S> =
  | readonly ['value', epoch: number, version: number, value: S]
  | readonly ['patches', epoch: number, version: number, patches: readonly Patch[]]
  | readonly ['committed', seq: number, version: number]
  | readonly ['refused', epoch: number, entries: readonly Refused[]]
  | readonly ['held' | 'wanted', id: number]
  | readonly ['notHeld', id: number, error: unknown]

/** An entry that fails, and its error. */
export type Refused = readonly [seq: number, error: unknown]
