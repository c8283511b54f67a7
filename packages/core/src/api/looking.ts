import { InvalidError } from '@genpool/state-ane'
import { NS_PER_MS, StoppedError } from '@genpool/runtime'
import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import type { DeadLetter } from '../pool/dead-letters'
import type { MemberStatus } from '../members/member'
import { poolOf } from './pool-of'

/** One member, as it is now. */
export interface MemberView extends MemberInfo {
  readonly ref: Ref<unknown>
  readonly status: MemberStatus
  /** How many messages it has handled. */
  readonly handled: number
  readonly ageMs: number
}

/**
 * The state of a pool now: the shared one, or a list with that of each member if it is isolated.
 *
 * @throws {StoppedError} if the pool has stopped, {InvalidError} if its state is not made yet: `await ready(pool)` first
 */
export function getState<P extends Protocol>(pool: PoolRef<P>): P['state'] {
  const { kernel, name } = poolOf(pool as PoolRef)
  const { cell, status, roster, sharesState } = kernel
  if (status.stopping) throw new StoppedError(name, false, status.cause)
  if (!sharesState) return roster.members.map(({ state }) => state)
  if (cell !== undefined) return cell.value
  throw new InvalidError(`look at the state of pool "${name}"`, [
    { path: [], message: 'its init is not done yet. Wait with: await ready(pool)' },
  ])
}

/** The members that a pool has now. */
export function getMembers(pool: PoolRef): readonly MemberView[] {
  const { roster, turn } = poolOf(pool).kernel
  return roster.members.map(({ info, status, handled, bornAt }) => ({
    ref: info.ref,
    name: info.name,
    slot: info.slot,
    incarnation: info.incarnation,
    status,
    handled,
    ageMs: (turn.refresh() - bornAt) / NS_PER_MS,
  }))
}

/** Calls `watcher` for each message that is lost, after the operation that lost it; returns how to end that. */
export function watchDeadLetters(pool: PoolRef, watcher: (letter: DeadLetter) => void): () => void {
  return poolOf(pool).kernel.deadLetters.watch(watcher)
}
