import { InvalidError } from '@genpool/state-ane'
import { checkFunction, NS_PER_MS } from '@genpool/runtime'
import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'
import type { DeepReadonly } from '../behaviours/deep-readonly'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import type { CheckedPoolOptions } from '../assemble/options'
import type { DeadLetter } from '../pool/dead-letters'
import type { MemberStatus } from '../members/member'
import { msBetween } from '../requests/request-facts'
import { summarise, type WaitingSummary } from '../views/waiting-summary'
import { type ElsewhereRef, elsewhereOf, type HereRef, type OptionsOf } from './elsewhere'
import { poolOf } from './pool-of'

/** The current state of one member. */
export interface MemberView extends MemberInfo {
  readonly ref: Ref<unknown>
  readonly status: MemberStatus
  /** How many messages it has handled. */
  readonly handled: number
  readonly ageMs: number
  /** The messages in hand, and for how long their handlers have run: 0 before they start. Of a batch, the first. */
  readonly doing: readonly { readonly type: string; readonly forMs: number }[]
}

/**
 * Returns the current state of a pool. If it is isolated: a list with the state of each member. It is frozen: to
 * change it, send the pool a message. Of a pool that has stopped or was drained, it is the last state.
 *
 * @throws {InvalidError} if the state does not exist yet: `await ready(pool)` first; {StoppedError} if the pool has stopped
 *   before there was one
 * @example getState(pool) // { count: 15 }
 */
export function getState<P extends Protocol>(pool: HereRef<P>): DeepReadonly<P['state']> {
  const { kernel, name } = poolOf(pool as PoolRef, 'getState')
  const { cell, status, roster, sharesState } = kernel
  if (!sharesState) return roster.members.map(({ state }) => state) as DeepReadonly<P['state']>
  if (cell !== undefined) return cell.value as DeepReadonly<P['state']>
  if (status.stopping) throw kernel.failures.closed()
  throw new InvalidError(`read of the state of pool "${name}"`, [
    { path: [], message: 'its init has not finished. Wait with: await ready(pool)' },
  ])
}

/**
 * Returns the current members of a pool.
 *
 * @example getMembers(pool).map((member) => member.status)
 */
export function getMembers(pool: HereRef): readonly MemberView[] {
  const { roster, turn } = poolOf(pool, 'getMembers').kernel
  const now = turn.refresh()
  return roster.members.map(({ info, status, handled, bornAt, inHand }) => ({
    ref: info.ref,
    name: info.name,
    slot: info.slot,
    incarnation: info.incarnation,
    status,
    handled,
    ageMs: (now - bornAt) / NS_PER_MS,
    doing: inHand.map(({ type, startedAt }) => ({ type, forMs: startedAt === null ? 0 : msBetween(startedAt, now) })),
  }))
}

/**
 * Returns what waits for a member: the oldest requests, and how many there are by type, priority, key and tenant. It has no
 * messages. Reads each waiting request a few times, so call it for people, not for each request.
 *
 * @example console.log(getWaiting(pool))
 */
export function getWaiting(pool: HereRef): WaitingSummary {
  const found = poolOf(pool, 'getWaiting')
  return summarise(found.waiting, found.explained.fairBy, found.now())
}

/**
 * Returns the options in force, with all defaults. Change them with `configure`. Works on stopped pools, too.
 *
 * @example getOptions(pool).timeout // 5000
 */
export function getOptions(pool: HereRef): CheckedPoolOptions
export function getOptions<I>(pool: ElsewhereRef<Protocol, I>): OptionsOf<I>
export function getOptions(pool: PoolRef): object {
  return elsewhereOf(pool)?.getOptions() ?? optionsHere(pool)
}

function optionsHere(pool: PoolRef): CheckedPoolOptions {
  const found = poolOf(pool, 'getOptions')
  return { ...found.options, size: found.options.size ?? found.size }
}

/**
 * Calls `watcher` for each lost message, after the operation that lost it; returns a function that stops it.
 *
 * @example const end = watchDeadLetters(pool, ({ message, error }) => console.error(message, error))
 */
export function watchDeadLetters(pool: HereRef, watcher: (letter: DeadLetter) => void): () => void {
  const { deadLetters } = poolOf(pool, 'watchDeadLetters').kernel
  checkFunction({ of: 'watchDeadLetters', argument: 'watcher' }, watcher)
  return deadLetters.watch(watcher)
}
