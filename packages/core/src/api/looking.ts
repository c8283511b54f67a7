import { InvalidError } from '@genpool/state-ane'
import { checkFunction, NS_PER_MS, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'
import type { DeepReadonly } from '../behaviours/deep-readonly'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import type { CheckedPoolOptions } from '../assemble/options'
import type { DeadLetter } from '../pool/dead-letters'
import type { MemberStatus } from '../members/status'
import { msBetween } from '../requests/request-times'
import { summarise, type WaitingSummary } from '../views/waiting-summary'
import { type ElsewhereRef, elsewhereOf, type HereRef, type OptionsOf } from './elsewhere'
import type { Kernel } from '../pool/kernel'
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

const getStateOptions = z.strictObject({
  fresh: z.boolean().default(false).describe('Asks the server that keeps the state, if there is one, for the latest.'),
})

/**
 * Returns the current state of a pool. If it is isolated: a list with the state of each member. It is frozen: to
 * change it, send the pool a message. Of a pool that has stopped or was drained, it is the last state.
 *
 * With a store on a server, that is the state as this process knows it. `{ fresh: true }` asks the server, and returns a promise.
 *
 * @throws {InvalidError} if the state does not exist yet: `await ready(pool)` first; {StoppedError} if the pool has stopped
 *   before there was one. With `fresh` it rejects, also if the server cannot be asked ({UnreachableError})
 * @example getState(pool) // { count: 15 }
 */
export function getState<P extends Protocol>(
  pool: HereRef<P>,
  options: { readonly fresh: true },
): Promise<DeepReadonly<P['state']>>
export function getState<P extends Protocol>(
  pool: HereRef<P>,
  options?: { readonly fresh?: false },
): DeepReadonly<P['state']>
export function getState<P extends Protocol>(
  pool: HereRef<P>,
  options?: { readonly fresh?: boolean },
): DeepReadonly<P['state']> | Promise<DeepReadonly<P['state']>> {
  const { kernel, name } = poolOf(pool as PoolRef, 'getState')
  if (options !== undefined && parseOptions(getStateOptions, options, 'options of getState').fresh)
    return freshState(kernel, name) as Promise<DeepReadonly<P['state']>>
  return stateOf(kernel, name) as DeepReadonly<P['state']>
}

async function freshState(kernel: Kernel, name: string): Promise<unknown> {
  const state = stateOf(kernel, name)
  return kernel.sharesState && kernel.cell?.fresh !== undefined ? kernel.cell.fresh() : state
}

function stateOf({ cell, status, roster, sharesState, failures }: Kernel, name: string): unknown {
  if (!sharesState) return roster.members.map(({ state }) => state)
  if (cell !== undefined) return cell.value
  if (status.stopping) throw failures.closed()
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
  return roster.members.map(({ info, status, handled, bornAt, requests }) => ({
    ref: info.ref,
    name: info.name,
    slot: info.slot,
    incarnation: info.incarnation,
    status,
    handled,
    ageMs: (now - bornAt) / NS_PER_MS,
    doing: requests.map(({ type, startedAt }) => ({ type, forMs: startedAt === null ? 0 : msBetween(startedAt, now) })),
  }))
}

/**
 * Returns what waits for a member: the oldest requests, and how many there are by type, priority, key and tenant. It has no
 * messages. It looks at 10 000 of them at most, in a few milliseconds: call it for people, not for each request.
 *
 * @example console.log(getWaiting(pool))
 */
export function getWaiting(pool: HereRef): WaitingSummary {
  const found = poolOf(pool, 'getWaiting')
  return summarise(found, found.explained.tenants, found.now())
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
