import { callSafely, checkFunction, OptionsError, parseOptions, showValue, warnOfCallback } from '@genpool/runtime'
import { titleOf } from '../requests/callback-title'
import { z } from 'zod'
import type { PoolRef } from '../behaviours/protocol'
import { POOL } from '../assemble/pool-actor'
import { eventNames } from '../views/telemetry/channels'
import type { PoolEventName, PoolEvents } from '../views/telemetry/events'
import { type AnyEvent, Listeners } from '../views/telemetry/listeners'
import type { HereRef } from './elsewhere'
import { poolOf } from './pool-of'

const onEventOptions = z.strictObject({ pool: z.unknown().optional().describe('Only events of this pool.') })

/**
 * Calls `listener` for each event with this name: for one pool, or for all pools in this process.
 *
 * It is Node's `diagnostics_channel` with types, a filter by pool, and a guard: an error of a listener goes to the pool's
 * `onCallbackError`, by default a process warning. (With Node's own `subscribe` it becomes an uncaught exception, which ends
 * the process.) It is called after the operation that the event tells of, in the order in which things happened, and may use
 * the pool. It should be fast: the pool waits for it.
 *
 * A listener stays until it is removed, and keeps its pool in memory: also after the pool has stopped, when a message to it still is
 * a dead letter. Remove those of pools that come and go.
 *
 * @param options `pool`: only events of this pool
 * @returns a function that removes the listener; a second call does nothing
 * @throws {OptionsError} if there is no event with this name, `listener` is not a function, or `pool` is not a pool
 * @example const off = onEvent('genpool:member:crash', ({ member, cause }) => console.error(member, cause), { pool })
 */
export function onEvent<N extends PoolEventName>(
  name: N,
  listener: (event: PoolEvents[N]) => void,
  options: { readonly pool?: HereRef } = {},
): () => void {
  check(name, listener)
  const { pool: chosen } = parseOptions(onEventOptions, options, 'options of onEvent')
  const pool = chosen === undefined ? undefined : poolOf(chosen as PoolRef, 'onEvent')
  const guarded = (event: AnyEvent): void => {
    callSafely(
      () => listener(event as PoolEvents[N]),
      (error) => warnOf(event, error),
    )
  }
  const remove = listenersTo(name).add(guarded, pool && sourceIn(pool, name))
  // From now on, state changes from outside the pool are reported, too.
  pool?.stateChanges.beforeCommits()
  return () => {
    remove()
    pool?.stateChanges.beforeCommits()
  }
}

/** All listeners that `onEvent` has added, by the name of the event. */
const listeners = new Map<PoolEventName, Listeners>()

function listenersTo(name: PoolEventName): Listeners {
  const those = listeners.get(name) ?? new Listeners(name)
  listeners.set(name, those)
  return those
}

/** What the events of this name that concern this pool are about. A pool without a store hears of none. */
function sourceIn({ identity, kernel }: ReturnType<typeof poolOf>, name: PoolEventName): object {
  return name === 'genpool:store:change' ? (kernel.stateOptions.store ?? identity.ref) : identity.ref
}

/** Reports an error of a listener to the pool's `onCallbackError`; a broker and a store have none. */
function warnOf(event: AnyEvent, error: unknown): void {
  if (!('ref' in event)) return warnOfCallback('store', event.bucket, error)
  const { pool, ref } = event
  if (POOL in ref) poolOf(ref, 'onEvent').kernel.callbacks.report(error, titleOf('A listener of events', pool))
  else warnOfCallback('broker', pool, error)
}

function check(name: string, listener: unknown): void {
  if (!(eventNames as readonly string[]).includes(name)) {
    const message = `there is no event ${showValue(name)}; the events are ${eventNames.join(', ')}`
    throw new OptionsError(`onEvent: ${message}.`, [{ path: ['name'], message }])
  }
  checkFunction({ of: 'onEvent', argument: 'listener' }, listener)
}
