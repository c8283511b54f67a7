import { type Change, parseOptions, wrongArgument } from '@genpool/runtime'
import { z } from 'zod'
import type { PoolRef } from '../behaviours/protocol'
import type { PoolChanges } from '../assemble/options'
import { type AnyRef, type ChangesOf, elsewhereOf, type HereRef } from './elsewhere'
import { poolOf } from './pool-of'

/**
 * Changes options of a running pool: all of them or, if one is wrong, none. Waiting requests stay, unless the new
 * options do not let them wait: a queue with a smaller `max` or a shorter `timeout` drops what is too much or too old, and limits what
 * could never begin. A smaller `limits.max` drops nothing that waits.
 *
 * @param changes only the options to change. One that is `undefined` stays as it is
 * @returns what changed, with the old and the new values
 * @throws {OptionsError} if an option is unknown, out of range, or fixed for the life of a pool; {StoppedError} if the pool
 *   has stopped. Nothing changes then
 * @example configure(pool, { size: 20, broker: { client: { max: 500 } } })
 */
export function configure<I = unknown>(pool: AnyRef<I>, changes: ChangesOf<I, PoolChanges>): readonly Change[] {
  return elsewhereOf(pool)?.configure(changes as object) ?? poolOf(pool, 'configure').configure(changes as PoolChanges)
}

/**
 * Says what `configure` would change. Nothing changes.
 *
 * @throws what `configure` throws for these changes
 * @example previewChanges(pool, { size: 20 }) // [{ path: 'size', from: 5, to: 20 }]
 */
export function previewChanges<I = unknown>(pool: AnyRef<I>, changes: ChangesOf<I, PoolChanges>): readonly Change[] {
  return elsewhereOf(pool)?.preview(changes as object) ?? poolOf(pool, 'previewChanges').preview(changes as PoolChanges)
}

/**
 * Changes the number of members. New ones start at once; surplus ones end after their current message.
 *
 * @throws {OptionsError} if `size` is not a whole number above 0; nothing changes then
 * @example resize(pool, 16)
 */
export function resize(pool: HereRef, size: number): void {
  const found = poolOf(pool, 'resize')
  // To `configure`, undefined is an option that stays as it is.
  if (size === undefined) throw wrongArgument({ of: 'resize', argument: 'size', expected: 'a whole number >= 1' }, size)
  found.configure({ size })
}

/**
 * Lets no member begin anything until `resume`. What runs goes on; what comes is queued as ever, and deadlines go on.
 *
 * It is the option `paused`, so a pool can also be spawned paused. A pool that drains finishes what it has, paused or not.
 *
 * @throws {StoppedError} if the pool has stopped
 * @example pause(pool) // requests wait until resume(pool)
 */
export function pause(pool: HereRef): void {
  poolOf(pool, 'pause').configure({ paused: true })
}

/**
 * Lets members work again after `pause`. Does nothing if the pool is not paused. @throws {StoppedError} if it has stopped
 *
 * @example resume(pool)
 */
export function resume(pool: HereRef): void {
  poolOf(pool, 'resume').configure({ paused: false })
}

/**
 * Resets a learning concurrency limit: it starts again with `initial`. Use it after the backend was replaced. Does nothing
 * to a pool without such a limit.
 *
 * @example relearn(pool) // after the database has moved to a faster machine
 */
export function relearn(pool: HereRef): void {
  poolOf(pool, 'relearn').policies.relearn()
}

const drainOptions = z.strictObject({
  within: z
    .union([z.number({ error: 'expected milliseconds >= 0' }).nonnegative(), z.literal(Infinity)])
    .default(Infinity)
    .describe('Stops after this time, whatever is left, in milliseconds.'),
})

/**
 * Stops a pool gently: it accepts no new requests, finishes those that it has, and stops. Resolves when every member has
 * ended and its `terminate` is done.
 *
 * A pool that runs elsewhere goes on there: its address here takes nothing new, waits for what this process has sent, and stops.
 *
 * @param options `within`: stops after this many milliseconds whatever is left, and resolves; the callers that are left get a
 *   StoppedError
 * @throws {OptionsError} if an option is wrong; nothing is changed
 * @example await drain(pool, { within: 10_000 }) // finishes what waits, for at most 10 s, then stops
 */
export function drain(pool: PoolRef, options: { readonly within?: number } = {}): Promise<void> {
  const target = elsewhereOf(pool) ?? poolOf(pool, 'drain').kernel.lifecycle
  const { within } = parseOptions(drainOptions, options, 'options of drain')
  return target.drain(within)
}

export type { Change }
