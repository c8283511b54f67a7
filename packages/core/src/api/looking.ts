import { InvalidError } from '@genpool/state-ane'
import { checkFunction, NS_PER_MS } from '@genpool/runtime'
import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'
import type { DeepReadonly } from '../behaviours/deep-readonly'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import type { DeadLetter } from '../pool/dead-letters'
import type { MemberStatus } from '../members/member'
import { poolOf } from './pool-of'

/** The current state of one member. */
export interface MemberView extends MemberInfo {
  readonly ref: Ref<unknown>
  readonly status: MemberStatus
  /** How many messages it has handled. */
  readonly handled: number
  readonly ageMs: number
}

/**
 * Returns the current state of a pool. If it is isolated: a list with the state of each member. It is frozen: to
 * change it, send the pool a message.
 *
 * @throws {StoppedError} if the pool has stopped, {InvalidError} if its state does not exist yet: `await ready(pool)` first
 */
export function getState<P extends Protocol>(pool: PoolRef<P>): DeepReadonly<P['state']> {
  const { kernel, name } = poolOf(pool as PoolRef, 'getState')
  const { cell, status, roster, sharesState } = kernel
  if (status.stopping) throw kernel.failures.closed()
  if (!sharesState) return roster.members.map(({ state }) => state) as DeepReadonly<P['state']>
  if (cell !== undefined) return cell.value as DeepReadonly<P['state']>
  throw new InvalidError(`read of the state of pool "${name}"`, [
    { path: [], message: 'its init has not finished. Wait with: await ready(pool)' },
  ])
}

/** Returns the current members of a pool. */
export function getMembers(pool: PoolRef): readonly MemberView[] {
  const { roster, turn } = poolOf(pool, 'getMembers').kernel
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

/** Calls `watcher` for each lost message, after the operation that lost it; returns a function that stops it. */
export function watchDeadLetters(pool: PoolRef, watcher: (letter: DeadLetter) => void): () => void {
  const { deadLetters } = poolOf(pool, 'watchDeadLetters').kernel
  checkFunction({ of: 'watchDeadLetters', argument: 'watcher' }, watcher)
  return deadLetters.watch(watcher)
}
